import { urlOf } from "../access.js";
import { numberIn } from "../arguments.js";
import { type Given, type Terminal, wrongUsage } from "../command.js";
import { type Check, fail, inTime, type Result, worst } from "./check.js";
import { checksOf } from "./checks.js";
import { asJson, asText, createProgress } from "./report.js";

/** Whom a check asks, it waits for this part of its time: the rest is for telling who it was that did not answer. */
const PATIENCE_SHARE = 0.9;

const EXIT_CODES = { ok: 0, warn: 1, fail: 2 } as const;

export async function runDoctor(given: Given, terminal: Terminal): Promise<number> {
  const timeoutMs = 1000 * numberIn(given, "timeout", { least: 1, most: 300, preset: 10 });
  const idleMs = 1000 * numberIn(given, "idle", { least: 0, most: 3600, preset: 3 });
  const isAsked = given.text("url") !== undefined || terminal.environment.SHOAL_URL;
  const url = isAsked ? urlOf(given, terminal) : undefined;
  if (url === undefined && given.text("idle") !== undefined) throw wrongUsage("--idle needs --url");
  const checks = checksOf({
    ...{ environment: terminal.environment, url, idleMs },
    ...{ patienceMs: timeoutMs * PATIENCE_SHARE, dateMs: Date.now },
  });
  const progress = createProgress(checks, terminal);
  const results = await Promise.all(
    checks.map(async (check) => {
      const result = await resultOf(check, check.name === "idle" ? timeoutMs + idleMs : timeoutMs);
      progress.done(check);
      return result;
    }),
  );
  progress.end();
  await terminal.write(given.flag("json") ? asJson(results) : asText(results, terminal.hasColours));
  return EXIT_CODES[worst(results)];
}

/** What a check has found, within the time; a check that is late, or cannot be done, has found that. */
async function resultOf(check: Check, timeoutMs: number): Promise<Result> {
  try {
    const finding = await inTime("what is asked", check.run(), timeoutMs);
    return { check: check.name, see: check.see, ...finding };
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const line = message.replaceAll(/\s+/g, " ");
    return { check: check.name, see: check.see, ...fail(line, "mend that, or the variable that names it") };
  }
}
