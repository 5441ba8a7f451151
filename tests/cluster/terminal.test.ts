import { type Child, spawnProgram } from "../support/child.js";
import { distFile } from "../support/program-path.js";
import { tempDir } from "../support/temp-dir.js";

const ESCAPE = "\u001b[";

/** An instance on a terminal of its own, which `script` of util-linux makes. */
async function launchOnTerminal(env: Record<string, string>): Promise<Child> {
  const command = `exec '${process.execPath}' '${distFile("main.js")}'`;
  return spawnProgram("script", {
    args: ["--quiet", "--return", "--flush", "--command", command, "/dev/null"],
    env: {
      ...{ PORT: "0", ADMIN_PORT: "0", WORKERS: "1", TERM: "xterm-256color", AUTH: "none" },
      ...{ DATA_DIR: await tempDir("data"), TMPDIR: await tempDir("tmp") },
      ...env,
    },
  });
}

const textOf = ({ lines }: Child): string => lines.map(({ text }) => text).join("\n");

test("on a terminal each event is one line, files are none, and the last thing to read says how to go on", async () => {
  const server = await launchOnTerminal({ NO_COLOR: "1" });
  const address = await server.waitForLine(({ text }) => /^ {2}Address /.test(text), { withinMs: 15_000 });
  const url = /http:\S+/.exec(address.text)?.[0] ?? "";
  await server.waitForLine(({ text }) => /^ {2}Stop +Ctrl-C/.test(text));
  const atReady = textOf(server).trimEnd();
  expect(atReady).toMatch(
    / INFO: ready\s+Address .*\s+Private .*\s+Sign-in +AUTH=none.*\s+Runs .*\s+Stores .*\s+Stop +Ctrl-C$/,
  );

  for (const path of ["/", "/style.css", "/no-such-address"]) await fetch(`${url}${path}`);
  await server.waitForLine(({ text }) => text.includes("GET /no-such-address 404"));

  expect(textOf(server).slice(atReady.length)).not.toMatch(/GET \/( |style)/);
  expect(textOf(server)).not.toContain(ESCAPE);
});

test.each<[string, Record<string, string>, boolean]>([
  ["there are", {}, true],
  ["with NO_COLOR there are no", { NO_COLOR: "1" }, false],
])("%s colours on a terminal", async (_what, env, areThere) => {
  const server = await launchOnTerminal({ HOST: "203.0.113.9", PORT: "3000", ...env }); // nobody has it, so that it ends at once

  await expect(server.exited).resolves.toMatchObject({ code: 1 });
  expect(textOf(server)).toContain("HOST 203.0.113.9 is not an address of this machine");
  expect(textOf(server).includes(ESCAPE)).toBe(areThere);
});
