import { fork } from "node:child_process";
import { once } from "node:events";
import { inProject, say } from "../setup/project.mjs";

const PROGRAM = inProject("scripts", "dev", "server-process.mjs");
/** From the start of a server to that of the process that waits to be the next one, which would take the processor from it. */
const PREPARE_AFTER_MS = 1500;

/**
 * The server's process, one after the other. The next one waits with the packages loaded, which is most of what a start takes; it
 * loads the project's own code while the present one serves, and takes its place when that has ended.
 */
export function createServer() {
  let current;
  let next;
  let timer;
  let ending = false;

  function launch() {
    clearTimeout(timer);
    const child = fork(PROGRAM, {
      cwd: inProject(),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // Out of the terminal's reach, so that Ctrl-C arrives once.
      detached: process.platform !== "win32",
    });
    child.on("error", () => {}); // its end tells
    return child;
  }

  function prepare() {
    if (!ending) next ??= launch();
  }

  /**
   * Loads the present code into the next process.
   * @returns {Promise<string | undefined>} why that cannot be done, for the user
   */
  async function load() {
    prepare();
    const child = next;
    child?.send("load", () => {});
    const [problem] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => ["it has ended while it was loaded"]),
    ]);
    return problem || undefined;
  }

  /** Gives up what was loaded, and lets another process wait. */
  function discard() {
    next?.kill("SIGKILL"); // it has begun nothing
    next = undefined;
    timer = setTimeout(prepare, PREPARE_AFTER_MS);
  }

  /** Lets what was loaded serve, when the present one has ended. */
  async function swap() {
    const child = next;
    next = undefined;
    await endCurrent();
    if (ending) return void child.kill("SIGKILL");
    current = child;
    child.once("exit", () => {
      if (current !== child) return;
      current = undefined;
      if (!ending) say("the server has ended; the next change starts it again");
    });
    child.send("run", () => {});
    timer = setTimeout(prepare, PREPARE_AFTER_MS);
  }

  async function endCurrent() {
    const child = current;
    if (child === undefined) return 0;
    current = undefined;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    const [code] = await exited;
    return code ?? 1;
  }

  /** Ends all processes; resolves with the exit code of the server. */
  function stop() {
    ending = true;
    clearTimeout(timer);
    next?.kill("SIGKILL");
    return endCurrent();
  }

  return { load, discard, swap, stop, isServing: () => current !== undefined };
}
