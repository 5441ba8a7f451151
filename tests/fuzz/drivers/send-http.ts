import type { RawHttp } from "../case.js";
import { openLine } from "./line.js";
import type { Target } from "./target.js";

const ANSWER = /HTTP\/1\.1 [2-5]\d\d /g;
/** What is kept of answers; a page of files is longer. */
const KEPT_CHARACTERS = 100_000;

/** Sends the bytes and reads what comes, until all are answered or nobody says more. Resolves with how that ended. */
export async function sendHttp(way: RawHttp, { url, from, judge }: Target): Promise<string> {
  let text = "";
  const line = openLine(url, from, (bytes) => {
    if (text.length < KEPT_CHARACTERS) text += bytes.toString("latin1");
  });
  for (const bytes of way.writes) {
    line.write(bytes);
    if (way.writes.length > 1) await new Promise(setImmediate); // so that they are packets of their own
  }
  const outcome = await line.until(() => (text.match(ANSWER)?.length ?? 0) >= way.answers);
  line.destroy();
  judge.http(text);
  return text === "" ? `${outcome} without an answer` : outcome;
}
