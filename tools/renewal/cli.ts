import { type RenewalOptions, runRenewal } from "../../tests/renewal/run.js";

/** Runs it, printing figures by `print`. Resolves with the exit code: 0, or 1 when anything was violated. */
export async function runRenewalCli(options: RenewalOptions, print: (line: string) => void): Promise<number> {
  const { violations, ...figures } = await runRenewal(options);
  print(JSON.stringify(figures));
  for (const violation of violations) print(`VIOLATION ${violation}`);
  print(violations.length === 0 ? "nothing lost, repeated or out of order; nobody disconnected" : "violated");
  return violations.length === 0 ? 0 : 1;
}
