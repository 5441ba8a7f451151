import { fork } from "node:child_process";
import { once } from "node:events";
import { inProject, say } from "../setup/project.mjs";

const PROGRAM = inProject("scripts", "dev", "server-process.mjs");
/** From the start of a server to that of the process that waits to be the next one, which would take the processor from it. */
const PREPARE_AFTER_MS = 1500;
/** One that does not answer for so long hears nothing: its code does not return. */
const DEAF_AFTER_MS = 3_000;

/**
 * The server's process, one after the other. The next one waits with the packages loaded, which is most of what a start takes; it
 * loads the project's own code while the present one serves, and takes its place when that has ended.
 */
export function createServer() {
  let current;
  let next;
  let timer;
  let isLoading = false;
  let ending = false;
  /** Resolves with the exit code of the server that was asked to end. */
  let leaving = Promise.resolve(0);
  const alive = new Set();
  // One that hears nothing would not see the end of this process either.
  process.once("exit", () => {
    for (const child of alive) child.kill("SIGKILL");
  });

  function launch() {
    clearTimeout(timer);
    const child = fork(PROGRAM, {
      cwd: inProject(),
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      // Out of the terminal's reach, so that Ctrl-C arrives once.
      detached: process.platform !== "win32",
    });
    alive.add(child);
    child.on("error", () => {}); // its end tells
    child.once("exit", () => {
      alive.delete(child);
      if (next === child) next = undefined;
    });
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
    if (child === undefined) return "it ends";
    isLoading = true;
    child.send("load", () => {});
    const [problem] = await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => ["it has ended while it was loaded"]),
    ]);
    isLoading = false;
    return problem || undefined;
  }

  /** Ends a load that is running, which may be one without an end. */
  function endLoad() {
    if (isLoading) next?.kill("SIGKILL");
  }

  /** Gives up what was loaded, and lets another process wait. */
  function discard() {
    next?.kill("SIGKILL"); // it has begun nothing
    next = undefined;
    timer = setTimeout(prepare, PREPARE_AFTER_MS);
  }

  /**
   * Lets what was loaded serve, when the present one has ended.
   * @returns {Promise<boolean>} false when it has ended by then
   */
  async function swap() {
    const child = next;
    if (child === undefined) return false;
    next = undefined;
    await endCurrent();
    if (ending) child.kill("SIGKILL");
    if (ending || !alive.has(child)) return false;
    current = child;
    child.once("exit", () => {
      if (current !== child) return;
      current = undefined;
      if (!ending) say("the server has ended; the next change starts it again");
    });
    child.send("run", () => {});
    timer = setTimeout(prepare, PREPARE_AFTER_MS);
    return true;
  }

  function endCurrent() {
    if (current !== undefined) leaving = end(current);
    current = undefined;
    return leaving;
  }

  /** Ends all processes; resolves with the exit code of the server. */
  function stop() {
    ending = true;
    clearTimeout(timer);
    next?.kill("SIGKILL");
    return endCurrent();
  }

  return { load, endLoad, discard, swap, stop, isServing: () => current !== undefined };
}

/** Resolves with its exit code. */
async function end(child) {
  const exited = once(child, "exit");
  const deaf = setTimeout(() => {
    say("the server does not answer, and is killed: does its code return?");
    child.kill("SIGKILL");
  }, DEAF_AFTER_MS);
  child.once("message", () => clearTimeout(deaf));
  child.send("end", () => {});
  const [code] = await exited;
  clearTimeout(deaf);
  return code ?? 1;
}
