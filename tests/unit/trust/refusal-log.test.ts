import { createLogger } from "../../../src/engine/process/logger.js";
import { createRefusalLog } from "../../../src/engine/trust/tokens/refusal-log.js";
import { shown, TokenRefused } from "../../../src/engine/trust/tokens/token-refused.js";

test("each reason why tokens are refused is told at once, and again once a minute with how many there were", () => {
  const lines: Record<string, unknown>[] = [];
  let nowMs = 0;
  const log = createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) });
  const refused = createRefusalLog(log, () => nowMs);
  const [signature, expired] = [
    new TokenRefused("unauthenticated", "no key has made the signature"),
    new TokenRefused("token_expired", "exp is over"),
  ];

  for (let token = 0; token < 1000; token += 1) refused(signature);
  refused(expired);
  nowMs = 59_999;
  refused(signature);
  const inTheFirstMinute = lines.map(({ level, code, reason, count, msg }) => [
    level,
    code,
    reason,
    count,
    msg,
  ]);
  nowMs = 60_000;
  refused(signature);

  const told = "tokens are refused";
  expect(inTheFirstMinute).toEqual([
    ["info", "unauthenticated", "no key has made the signature", 1, told],
    ["info", "token_expired", "exp is over", 1, told],
  ]);
  expect(lines.slice(2)).toEqual([
    expect.objectContaining({ reason: "no key has made the signature", count: 1001, msg: told }),
  ]);
});

test("what a refused token had is told, and makes no line of its own", () => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger("info", { write: (text) => void lines.push(JSON.parse(text)) });
  const refused = createRefusalLog(log, () => 0);

  for (let token = 0; token < 1000; token += 1)
    refused(new TokenRefused("unauthenticated", "there is no key", { found: `kid "${token}"` }));

  expect(lines.map(({ reason, found, count }) => [reason, found, count])).toEqual([
    ["there is no key", 'kid "0"', 1],
  ]);
});

test.each([
  ["https://id.example/", '"https://id.example/"'],
  [["a", "b"], '["a","b"]'],
  [undefined, "nothing"],
  ["\u001b[2J\n\u202e\u{1f600}", '"\\u001b[2J\\n\\u202e\\ud83d\\ude00"'],
])("%j of a token is shown as %s", (part, text) => {
  expect(shown(part)).toBe(text);
});

test("of a long part of a token only the beginning is shown", () => {
  expect(shown("x".repeat(8000))).toBe(`"${"x".repeat(119)}...`);
});
