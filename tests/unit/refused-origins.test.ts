import { createRefusedOrigins } from "../../src/engine/http/refused-origins.js";
import type { Logger } from "../../src/engine/process/logger.js";

test("an origin that is refused is told at once and then once a minute, and never more than a hundred of them", () => {
  let nowMs = 0;
  const lines: { origin: string; count: number }[] = [];
  const log = { warn: (fields: { origin: string; count: number }) => lines.push(fields) };
  const refused = createRefusedOrigins(log as unknown as Logger, () => nowMs);
  const from = (origin?: string) => refused({ headers: origin === undefined ? {} : { origin } });

  from("https://a.example");
  from("https://a.example");
  from("https://b.example");
  nowMs = 60_000;
  from("https://A.example:443");
  expect(lines).toEqual([
    { origin: "https://a.example", count: 1 },
    { origin: "https://b.example", count: 1 },
    { origin: "https://a.example", count: 2 },
  ]);

  lines.length = 0;
  nowMs = 600_000;
  from("https://user:secret@c.example/path?token=x");
  for (let n = 0; n < 1000; n += 1) from(`https://${n}.example`);
  from(`https://${"x".repeat(5000)}.example`);
  expect(lines).toHaveLength(101);
  expect(lines[0]).toEqual({ origin: "unreadable", count: 1 });
  expect(JSON.stringify(lines)).not.toContain("secret");
});
