import cluster, { type Worker } from "node:cluster";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peerPath } from "../ipc.js";
import type { Component } from "../lifecycle.js";

/** Longest path of a Unix socket that all systems take, in bytes (macOS: 104 with the final zero). */
const MAX_SOCKET_PATH_BYTES = 103;
/** Part of every name, and of the longest below it. */
const PREFIX = "shoal-peers-";
const LONGEST_NAME = `${PREFIX}XXXXXX/9007199254740991.sock`;

/** The private directory where workers find each other's sockets. */
export interface MeetingPlace extends Component {
  /** Known once started. */
  readonly directory: string;
}

/** A worker's socket goes with it, in whatever way it ended: what is there belongs to one that lives. */
export function createMeetingPlace(): MeetingPlace {
  let directory = "";

  function remove(): void {
    if (directory !== "") rmSync(directory, { recursive: true, force: true });
  }

  function forget(worker: Worker): void {
    rmSync(peerPath(directory, worker.id), { force: true });
  }

  return {
    name: "meeting place",
    get directory() {
      return directory;
    },
    async start() {
      process.on("exit", remove); // an end without a stop
      cluster.on("exit", forget);
      const fits = Buffer.byteLength(join(tmpdir(), LONGEST_NAME)) <= MAX_SOCKET_PATH_BYTES;
      directory = mkdtempSync(join(fits ? tmpdir() : "/tmp", PREFIX)); // for this user only: mode 0700
    },
    async stop() {
      process.off("exit", remove);
      cluster.off("exit", forget);
      remove();
    },
  };
}
