import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onEnd } from "../support/cleanup.js";
import { deferred, once } from "../support/wait.js";

/** Which moment of an insert is caught: the request on its way, or the answer, when the write is done. */
export type Moment = "request" | "answer";

export interface WireTap {
  readonly host: string;
  readonly port: number;
  /**
   * Freezes the connection on which the next insert of a message into this room is seen, at that moment, for good:
   * the request (or the answer) is lost with all that follows. Resolves with the local port of the connection's client.
   */
  catchInsert(room: string, moment: Moment): Promise<number>;
}

interface Trap {
  readonly room: string;
  readonly moment: Moment;
  readonly caught: (port: number) => void;
}

/** Start of the command document `{insert: "roomEntries", ...}` in an OP_MSG; see MongoDB's wire protocol and BSON. */
const INSERT = Buffer.from("\x02insert\0\x0c\0\0\0roomEntries\0", "latin1");

/** Passes MongoDB's protocol on to `target` and looks for inserts of room entries on the way. Ends by itself. */
export async function startWireTap(target: { host: string; port: number }): Promise<WireTap> {
  const traps = new Set<Trap>();
  const sockets = new Set<Socket>();

  function trapFor(chunk: Buffer): Trap | undefined {
    if (traps.size === 0 || !chunk.includes(INSERT)) return undefined;
    return [...traps].find((trap) => chunk.includes(`${trap.room}/`));
  }

  function join(client: Socket): void {
    const server = connect({ ...target, noDelay: true });
    let frozen = false;
    let awaited: Trap | undefined;

    function spring(trap: Trap): void {
      frozen = true;
      traps.delete(trap);
      trap.caught(client.remotePort ?? 0);
    }
    client.on("data", (chunk: Buffer) => {
      const trap = trapFor(chunk);
      if (trap?.moment === "request" && !frozen) spring(trap);
      else awaited ??= trap;
      if (!frozen) server.write(chunk);
    });
    server.on("data", (chunk: Buffer) => {
      if (awaited !== undefined && !frozen) spring(awaited);
      if (!frozen) client.write(chunk);
    });
    couple(client, server);
  }

  /** An end that goes takes the other one along, in the same manner. */
  function couple(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", (hadError) => {
        sockets.delete(socket);
        if (hadError) other.resetAndDestroy();
        else other.destroy();
      });
    }
  }

  const listener = createServer({ noDelay: true }, join);
  onEnd(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const listening = once(listener, "listening");
  listener.listen(0, "127.0.0.1");
  await listening;
  const { address: host, port } = listener.address() as AddressInfo;
  return {
    host,
    port,
    catchInsert(room, moment) {
      const caught = deferred<number>();
      traps.add({ room, moment, caught: caught.resolve });
      return caught.promise;
    },
  };
}

/**
 * Which of the processes has the connection between these ports of 127.0.0.1, by Linux's /proc. Both are needed: Linux gives
 * a local port to several connections, as long as they go to different places.
 */
export function ownerOfConnection(
  localPort: number,
  remotePort: number,
  pids: readonly number[],
): number | undefined {
  const [local, remote] = [localPort, remotePort].map(
    (port) => `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find((fields) => fields[1] === local && fields[2] === remote);
  return pids.find((pid) => openSockets(pid).has(`socket:[${row?.[9]}]`));
}

function openSockets(pid: number): Set<string> {
  const directory = `/proc/${pid}/fd`;
  return new Set(readdirSync(directory).map((name) => linkOf(`${directory}/${name}`)));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed since the listing
  }
}
