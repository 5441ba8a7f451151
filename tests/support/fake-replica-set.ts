import { createServer, type Socket } from "node:net";
import mongoose from "mongoose";
import { onEnd } from "./cleanup.js";
import { once } from "./wait.js";

const { BSON } = mongoose.mongo;
const HOST = "127.0.0.1";
const NAME = "rs";
const HEADER_BYTES = 16;
const OP_REPLY = 1;
const OP_MSG = 2013;
const HELLO = ["hello", "isMaster", "ismaster"];

/** A command as a member got it; its first key is its name. */
export type Command = Record<string, unknown>;

export interface FakeReplicaSet {
  uri(options?: string): string;
  /** What the members were told, without hellos, in the order of coming. */
  readonly primary: readonly Command[];
  readonly secondary: readonly Command[];
}

/** The router of a sharded cluster, `mongos`. */
export interface FakeRouter {
  readonly uri: string;
  readonly told: readonly Command[];
}

const ABILITIES = {
  helloOk: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 25,
  ok: 1,
};

/**
 * A primary and a secondary in MongoDB's protocol, with no data behind them: what a driver says to a replica set, and to whom.
 * Reads find nothing and writes succeed. It cannot show what a server makes of it. Without a primary both are secondaries, as in an
 * election. Ends by itself.
 */
export async function startFakeReplicaSet({ hasPrimary = true } = {}): Promise<FakeReplicaSet> {
  const hosts: string[] = [];
  const isPrimary = (index: number) => hasPrimary && index === 0;
  const helloOf = (index: number) => () => ({
    ...ABILITIES,
    ...{ ismaster: isPrimary(index), isWritablePrimary: isPrimary(index), secondary: !isPrimary(index) },
    ...{ setName: NAME, setVersion: 1, hosts, me: hosts[index] },
    ...(hasPrimary ? { primary: hosts[0] } : {}),
  });
  const primary = await startMember(helloOf(0));
  const secondary = await startMember(helloOf(1));
  hosts.push(primary.address, secondary.address);
  return {
    uri: (options = "") => `mongodb://${hosts.join()}/x?replicaSet=${NAME}${options}`,
    primary: primary.told,
    secondary: secondary.told,
  };
}

/** The same of a router, which names no set. */
export async function startFakeRouter(): Promise<FakeRouter> {
  const { address, told } = await startMember(() => ({
    ...ABILITIES,
    ...{ ismaster: true, isWritablePrimary: true, msg: "isdbgrid" },
  }));
  return { uri: `mongodb://${address}/x`, told };
}

async function startMember(hello: () => object): Promise<{ address: string; told: readonly Command[] }> {
  const told: Command[] = [];
  const sockets = new Set<Socket>();

  function answer(command: Command): object {
    const [name = ""] = Object.keys(command);
    if (HELLO.includes(name)) return hello();
    told.push(command);
    if (name !== "find") return { n: 1, nModified: 1, ok: 1 };
    return { cursor: { firstBatch: [], id: BSON.Long.ZERO, ns: `x.${command.find}` }, ok: 1 };
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    takeMessages(socket, answer);
  });
  server.listen(0, HOST);
  await once(server, "listening");
  onEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address: `${HOST}:${(server.address() as { port: number }).port}`, told };
}

function takeMessages(socket: Socket, answer: (command: Command) => object): void {
  let rest = Buffer.alloc(0);
  socket.on("data", (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= HEADER_BYTES && rest.length >= rest.readInt32LE(0)) {
      const message = rest.subarray(0, rest.readInt32LE(0));
      rest = rest.subarray(message.length);
      const requestId = message.readInt32LE(4);
      const isMessage = message.readInt32LE(12) === OP_MSG;
      const body = BSON.serialize(answer(isMessage ? commandOf(message) : queryOf(message)));
      socket.write(isMessage ? replyMessage(requestId, body) : replyToQuery(requestId, body));
    }
  });
}

/** The command's own section; the documents of a write, in sections of their own, are left out. */
function commandOf(message: Buffer): Command {
  let offset = HEADER_BYTES + 4;
  while (message[offset] !== 0) offset += 1 + message.readInt32LE(offset + 1);
  const start = offset + 1;
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
}

/** The hello that opens a connection comes in the old form. */
function queryOf(message: Buffer): Command {
  const start = message.indexOf(0, HEADER_BYTES + 4) + 1 + 8;
  return BSON.deserialize(message.subarray(start, start + message.readInt32LE(start)));
}

function replyMessage(requestId: number, body: Uint8Array): Buffer {
  const flagsAndKind = Buffer.alloc(5);
  return withHeader(requestId, OP_MSG, [flagsAndKind, body]);
}

function replyToQuery(requestId: number, body: Uint8Array): Buffer {
  const fields = Buffer.alloc(20);
  fields.writeInt32LE(1, 16); // one document
  return withHeader(requestId, OP_REPLY, [fields, body]);
}

function withHeader(requestId: number, opCode: number, parts: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeInt32LE(
    parts.reduce((sum, part) => sum + part.length, HEADER_BYTES),
    0,
  );
  header.writeInt32LE(requestId, 8);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, ...parts]);
}
