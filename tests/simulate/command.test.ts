import { execFile } from "node:child_process";
import { join } from "node:path";
import { problemOf } from "../../tools/simulate/cli.js";
import { htmlReport } from "../../tools/simulate/html.js";
import { simulate } from "../../tools/simulate/run.js";
import { SCENARIOS } from "../../tools/simulate/scenarios.js";
import { textOf } from "../../tools/simulate/text.js";
import { PROJECT } from "../support/readme.js";
import { SMALL, scenarioOf } from "./support.js";

function run(
  tool: string,
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(PROJECT, "tools", tool), ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

/** What an option is when it is left out. */
function presetIn(help: string, option: string): string | undefined {
  return new RegExp(`--${option} N .*\\(([\\d.]+)\\)$`, "m").exec(help)?.[1];
}

describe("npm run simulate", () => {
  test("explains itself, names all scenarios, and calculates with the figures of npm run capacity", async () => {
    const [{ code, stdout: help, stderr }, capacity] = await Promise.all([
      run("simulate.mjs", "--help"),
      run("capacity.mjs", "--help"),
    ]);

    expect([code, stderr]).toEqual([0, ""]);
    expect(help).toMatch(/^Usage: npm run simulate -- /);
    expect(help).toContain(`some of ${SCENARIOS.map(({ name }) => name).join(", ")} (all)`);
    for (const option of [
      "us-per-handshake",
      "us-per-message",
      "us-per-heartbeat",
      "us-per-foreign",
      "room-size",
    ])
      expect([option, presetIn(help, option)]).toEqual([option, presetIn(capacity.stdout, option)]);
  });

  test.each([
    [["--clients", "none"], "--clients must be a whole number from 1 to 10000000"],
    [["--balancer", "mine"], "--balancer must be round-robin or least-connections"],
    [["--env", "nonsense"], "--env must be a NAME=VALUE"],
    [["--what"], "Unknown option '--what'"],
  ])("%j is refused with the reason and the usage", async (args, reason) => {
    const { code, stdout, stderr } = await run("simulate.mjs", ...args);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(reason);
    expect(stderr).toContain("Usage: npm run simulate -- ");
  });

  test("says which scenario or variable it does not know", () => {
    const options = { ...SMALL, scenarios: ["zone"], json: undefined, html: undefined };

    expect(problemOf(options)).toBeUndefined();
    expect(problemOf({ ...options, scenarios: ["zone", "rain"] })).toMatch(
      /^No scenario is called "rain". There are deploy, /,
    );
    expect(problemOf({ ...options, variables: { DRAIN_WINDOWS_MS: "1" } })).toContain(
      "was DRAIN_WINDOW_MS meant?",
    );
    expect(problemOf({ ...options, variables: { WORKERS: "4" } })).toContain("--workers");
  });

  test("prints a table, and a page with a plot of each figure that needs nothing from elsewhere", async () => {
    const outcome = await simulate(scenarioOf("zone"), SMALL);
    const html = htmlReport(SMALL, [outcome]);

    expect(textOf(outcome)).toMatch(/connections lost +200\n/);
    expect(textOf(outcome)).toMatch(/connections of an instance, most; its cap +\d+; 40,000\n/);
    expect(html).not.toMatch(/NaN|undefined|<script|https?:\/\//);
    expect(html.match(/<svg /g)).toHaveLength(4);
  });
});
