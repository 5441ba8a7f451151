import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { measurePublish, type Row } from "./publish.js";

const HEADER = [
  "rooms  publishers | group commit: msg/s   p50 ms   p99 ms | one by one: msg/s   p50 ms   p99 ms | throughput   p50",
  "------------------+---------------------------------------+-------------------------------------+----------------",
];

const [uri = "", outputDir = "."] = process.argv.slice(2);
say("publish: group commit against one insert per message, both journaled, ratios in one run");
for (const line of HEADER) say(line);
const rows = await measurePublish(uri, (row) => say(rendered(row)));
const file = join(outputDir, "publish.json");
await writeFile(file, `${JSON.stringify(rows, null, 2)}\n`);
say(`written: ${file}`);

function rendered({ rooms, publishers, groupCommit, oneByOne }: Row): string {
  const side = (measured: Row["groupCommit"], width: number): string =>
    cell(measured.messagesPerSecond, width, 0) + cell(measured.p50Ms, 9, 2) + cell(measured.p99Ms, 9, 2);
  const throughput = `${(groupCommit.messagesPerSecond / oneByOne.messagesPerSecond).toFixed(1)}x`;
  const p50 = `${(groupCommit.p50Ms / oneByOne.p50Ms).toFixed(2)}x`;
  return `${cell(rooms, 5, 0)}${cell(publishers, 12, 0)} |${side(groupCommit, 20)} |${side(oneByOne, 18)} |${throughput.padStart(10)}${p50.padStart(8)}`;
}

function cell(value: number, width: number, digits: number): string {
  return value.toFixed(digits).padStart(width);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
