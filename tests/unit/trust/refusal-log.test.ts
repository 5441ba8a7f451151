import { createLogger } from "../../../src/engine/process/logger.js";
import { createRefusalLog } from "../../../src/engine/trust/tokens/refusal-log.js";
import { TokenRefused } from "../../../src/engine/trust/tokens/verifier.js";

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
