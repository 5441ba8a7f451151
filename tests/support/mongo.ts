import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type Child, spawnNode } from "./child.js";
import { logged } from "./line-log.js";
import { descendants } from "./process-table.js";
import { distFile, fixture } from "./program-path.js";
import { tempDir } from "./temp-dir.js";

export interface MongoServer {
  /** The same over kill and restart. */
  readonly uri: string;
  /** For startTcpProxy: the Unix socket on which it listens. */
  readonly target: { readonly path: string };
  /** The URI of one of its databases; default: a new name for every call. */
  uriFor(dbName?: string): string;
  /** As uriFor, through a proxy in front of `target`. */
  uriVia(proxy: { readonly host: string; readonly port: number }, dbName?: string): string;
  /** SIGKILL to the engine; returns when it is gone. */
  kill(): Promise<void>;
  /** It stops answering, and its connections stay open. */
  hang(): void;
  /** Runs it (again) on the same data, after stopping it if it runs. */
  restart(): Promise<void>;
  /** Ends it gracefully. */
  stop(): Promise<void>;
}

/** Opening takes 0.1 s; the rest is for a busy machine and the recovery after a kill. */
const READY_WITHIN_MS = 20_000;

/** A real MongoDB engine of its own, with its data in a temporary directory. Ends by itself. Needs the built dist/. */
export async function startMongo(): Promise<MongoServer> {
  const dir = await tempDir("mongo");
  let { child, uri } = await run(dir);
  const { host } = new URL(uri);

  async function restart(): Promise<void> {
    await child.stop();
    ({ child, uri } = await run(dir));
  }

  return {
    uri,
    target: { path: decodeURIComponent(host) },
    uriFor: (dbName) => databaseUri(host, dbName),
    uriVia: (proxy, dbName) => databaseUri(`${proxy.host}:${proxy.port}`, dbName),
    kill: () => child.killFamily(),
    hang() {
      for (const { pid } of descendants(child.pid)) process.kill(pid, "SIGSTOP");
    },
    restart,
    stop: async () => void (await child.stop()),
  };
}

async function run(dir: string): Promise<{ child: Child; uri: string }> {
  distFile("dev/embedded-mongodb/embedded-mongodb.js"); // the fixture could not say how to make it
  const args = [join(dir, "data")];
  const child = await spawnNode(fixture("mongodb.mjs"), { args, env: { TMPDIR: dir }, stopWithinMs: 15_000 });
  const { fields } = await child.waitForLine(logged("ready"), { withinMs: READY_WITHIN_MS });
  return { child, uri: String(fields.uri) };
}

function databaseUri(host: string, dbName = `test-${randomBytes(4).toString("hex")}`): string {
  return `mongodb://${host}/${dbName}?directConnection=true`;
}
