import { measurePublish, type PublishLine } from "../publish.js";
import { comparePublishing } from "./publish-builds.js";
import type { Row, RowReport, Verdict } from "./row.js";
import { fixed } from "./sums.js";

/** Publishing to durable rooms: group commit against one insert per message, both journaled. */
export const publish: Row = {
  name: "publish",
  async run(context) {
    const { setup, short, say } = context;
    const uri = new URL(setup.mongodbUri);
    uri.pathname = `/bench-publish-${process.pid}`;
    const lines = await measurePublish(uri.href, short, ({ rooms, publishers, groupCommit, oneByOne }) => {
      const ratio = groupCommit.messagesPerSecond / oneByOne.messagesPerSecond;
      say(`publish: ${publishers} publishers in ${rooms} rooms, ${fixed(ratio, 1)} times one by one`);
    });
    return report(lines, await comparePublishing(context));
  },
};

const labelOf = ({ rooms, publishers }: PublishLine): string => `${publishers} in ${rooms}`;

function report(lines: readonly PublishLine[], throughServers: readonly Verdict[]): RowReport {
  return {
    name: "publish",
    title: "Publishing to durable rooms: group commit against one insert per message, both journaled",
    columns: [
      "publishers in rooms",
      "group commit msg/s",
      "p50 ms",
      "p99 ms",
      "one by one msg/s",
      "p50 ms",
      "p99 ms",
    ],
    lines: lines.map((line) => [
      labelOf(line),
      ...[line.groupCommit, line.oneByOne].flatMap(({ messagesPerSecond, p50Ms, p99Ms }) => [
        fixed(messagesPerSecond, 0),
        fixed(p50Ms, 2),
        fixed(p99Ms, 2),
      ]),
    ]),
    verdicts: [...lines.flatMap(verdictsOf), ...throughServers],
    charts: [
      {
        title: "Messages per second",
        unit: "/s",
        groups: lines.map((line) => ({
          label: labelOf(line),
          bars: [
            { side: "group commit", value: line.groupCommit.messagesPerSecond },
            { side: "one by one", value: line.oneByOne.messagesPerSecond },
          ],
        })),
      },
    ],
    notes: [],
  };
}

function verdictsOf(line: PublishLine): Verdict[] {
  return [
    {
      what: `${labelOf(line)}: throughput, of one by one`,
      value: line.groupCommit.messagesPerSecond / line.oneByOne.messagesPerSecond,
      ...(line.publishers >= 256 ? { least: 10 } : {}),
    },
    ...(line.publishers > 1
      ? []
      : [
          {
            what: `${labelOf(line)}: p50 of the acknowledgement, of one by one`,
            value: line.groupCommit.p50Ms / line.oneByOne.p50Ms,
            most: 1.5,
          },
        ]),
  ];
}
