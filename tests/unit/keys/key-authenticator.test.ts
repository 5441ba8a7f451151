import { createLogger } from "../../../src/engine/process/logger.js";
import { createKeyAuthenticator } from "../../../src/engine/trust/keys/key-authenticator.js";
import { createKeyRefusalLog } from "../../../src/engine/trust/keys/key-refusal-log.js";
import { createKeyRing } from "../../../src/engine/trust/keys/key-ring.js";
import { makeKey } from "../../support/api-keys.js";

const ci = makeKey("ci");
const unknown = makeKey("cron");

/** One that knows `ci`, with the lines of its log. */
function authenticator(nowMs: () => number = () => 0) {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) });
  const keys = createKeyAuthenticator(
    createKeyRing([ci.entry]),
    { first: [ci.entry], file: "" },
    createKeyRefusalLog(log, nowMs),
  );
  const ask = (key: string): unknown => {
    try {
      return keys.ofRequest({ authorization: `Bearer ${key}` });
    } catch (error) {
      return error;
    }
  };
  return { lines, ask, told: () => lines.splice(0).map(({ reason, kid, count }) => [reason, kid, count]) };
}

test("why a key is refused is in the log, and the answer does not tell it", () => {
  const { ask, told, lines } = authenticator();

  const answers = [`ci.${unknown.secret}`, unknown.key].map(ask);

  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    ["info", "keys of the server API are refused"],
    ["info", "keys of the server API are refused"],
  ]);
  expect(JSON.stringify(lines)).not.toContain(unknown.secret);
  expect(told()).toEqual([
    ["its secret is another one", "ci", 1],
    ["there is no such key", "cron", 1],
  ]);
  expect(answers[0]).toMatchObject({ code: "unauthenticated" });
  expect(answers[1]).toEqual(answers[0]);
});

test("a good key leaves no line", () => {
  const { ask, lines } = authenticator();

  expect(ask(ci.key)).toMatchObject({ key: "ci" });
  expect(lines).toEqual([]);
});

test("keys that are made up leave a line a minute, whatever their names", () => {
  let nowMs = 0;
  const { ask, told } = authenticator(() => nowMs);

  for (let n = 0; n < 1000; n += 1) ask(`made-up-${n}.${unknown.secret}`);
  nowMs = 60_000;
  ask(unknown.key);

  expect(told()).toEqual([
    ["there is no such key", "made-up-0", 1],
    ["there is no such key", "cron", 1000],
  ]);
});
