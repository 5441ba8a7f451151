import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/readme.js";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the script as `npm run capacity` does. */
function capacity(...args: readonly string[]): Promise<Outcome> {
  const script = join(PROJECT, "tools/capacity.mjs");
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

/** The value in the line of this name, and whether it is marked. */
async function lineOf(name: string, ...args: readonly string[]): Promise<{ value: number; marked: boolean }> {
  const { stdout } = await capacity(...args);
  const line = stdout.split("\n").find((one) => one.slice(2).startsWith(`${name}  `)) ?? "";
  const [, value = ""] = /\s{2,}([\d.,]+)\s{2}/.exec(line.slice(2)) ?? [];
  return { value: Number(value.replaceAll(",", "")), marked: line.startsWith("!") };
}

/** Options under which only what is named costs anything. */
const FREE = ["message", "publish", "delivery", "foreign", "heartbeat"].flatMap((what) => [
  `--us-per-${what}`,
  "0",
]);

describe("npm run capacity", () => {
  test("prints what docs/capacity.md shows", async () => {
    const document = readFileSync(join(PROJECT, "docs/capacity.md"), "utf8");
    const examples = [...document.matchAll(/^```\n\$ npm run capacity -- (.+)\n([\s\S]*?)^```/gm)];

    expect(examples).toHaveLength(4);
    for (const [, args = "", shown] of examples) {
      const { code, stdout } = await capacity(...args.split(" "));
      expect([args, code, stdout]).toEqual([args, 0, shown]);
    }
  });

  test("counts what the formulas say", async () => {
    const load = ["--connections", "130000", "--messages-per-second", "1000", "--room-size", "30", ...FREE];

    expect(await lineOf("deliveries per second", ...load)).toEqual({ value: 30_000, marked: false });
    expect(await lineOf("pods by the cap", ...load)).toEqual({ value: 5, marked: false });
    expect(await lineOf("cores busy", ...load, "--us-per-delivery", "10")).toMatchObject({ value: 0.3 });
    expect(await lineOf("workers by CPU", ...load, "--us-per-delivery", "100", "--cpu", "0.5")).toMatchObject(
      {
        value: 6,
      },
    );
    expect(await lineOf("source addresses per pod", ...load, "--source-ports", "1000")).toEqual({
      value: 26,
      marked: true,
    });
  });

  test("names what decides about the number of pods", async () => {
    const { stdout: byCap } = await capacity("--connections", "1000000", ...FREE);
    const { stdout: byCpu } = await capacity("--messages-per-second", "10000", "--room-size", "100");
    const { stdout: byMemory } = await capacity("--kb-per-connection", "200", ...FREE);

    expect(byCap).toContain("The number of pods is decided by the cap on connections.\n");
    expect(byCpu).toContain("The number of pods is decided by CPU.\n");
    expect(byMemory).toContain("The number of pods is decided by memory.\n");
  });

  test("says when no number of pods would do, and the sharded adapter mends it", async () => {
    const load = ["--messages-per-second", "100000"];
    const { code, stdout } = await capacity(...load);

    expect(code).toBe(0);
    expect(stdout).toContain("Not possible, CPU: every worker would be busy with the others' messages");
    expect((await lineOf("pods", ...load, "--adapter", "sharded")).value).toBeGreaterThan(2);
  });

  test("takes one zone and one connection without dividing by nothing", async () => {
    const { stdout } = await capacity("--connections", "1", "--messages-per-second", "0", "--zones", "1");

    expect(stdout).not.toMatch(/NaN|Infinity|∞|undefined/);
  });

  test("explains itself on --help", async () => {
    const { code, stdout, stderr } = await capacity("--help");

    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: npm run capacity -- /);
    for (const option of ["--connections", "--kb-per-connection", "--cores-per-pod", "--adapter"]) {
      expect(stdout).toContain(option);
    }
  });

  test.each([
    [["--connections", "many"], "--connections must be a whole number from 1 to 1000000000"],
    [["--connections", "1.5"], "--connections must be a whole number from 1 to 1000000000"],
    [["--connections", ""], "--connections must be a whole number from 1 to 1000000000"],
    [["--durable-share", "2"], "--durable-share must be a number from 0 to 1"],
    [["--adapter", "mail"], "--adapter must be pubsub or sharded"],
    [["--rooms", "1"], "Unknown option '--rooms'"],
    [["10000"], "Unexpected argument '10000'"],
  ])("%j is refused with the reason and the usage", async (args, reason) => {
    const { code, stdout, stderr } = await capacity(...args);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(reason);
    expect(stderr).toContain("Usage: npm run capacity -- ");
  });

  test("its defaults are those of the server and of the deployments", async () => {
    const { stdout } = await capacity("--help");
    const preset = (option: string) =>
      Number(new RegExp(`--${option} N.*\\((\\d+)\\)$`, "m").exec(stdout)?.[1]);
    const base = readFileSync(join(PROJECT, "k8s/base/kustomization.yaml"), "utf8");
    const deployment = readFileSync(join(PROJECT, "k8s/base/deployment.yaml"), "utf8");
    const setting = (name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(base)?.[1]);

    expect(preset("connections-per-worker")).toBe(setting("MAX_CONNECTIONS_PER_WORKER"));
    expect(preset("cores-per-pod")).toBe(setting("WORKERS"));
    expect(preset("drain-seconds") * 1000).toBe(setting("DRAIN_WINDOW_MS"));
    expect(preset("gib-per-pod")).toBe(Number(/memory: (\d+)Gi/.exec(deployment)?.[1]));
  });
});
