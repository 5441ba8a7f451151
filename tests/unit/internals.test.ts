import { setImmediate as nextTurn } from "node:timers/promises";
import { createInternals, samplesOfLibraries } from "../../src/engine/internals/internals.js";
import { MEASURES, type Measure, SWITCHABLE } from "../../src/engine/internals/measures.js";
import type { Samples } from "../../src/engine/internals/probes.js";
import type { Specimen } from "../../src/engine/internals/specimen.js";
import { createLogger } from "../../src/engine/process/logger.js";
import { createLineLog } from "../support/line-log.js";

const ALL = Object.keys(MEASURES) as Measure[];

/** What the check finds when the libraries are as `change` makes them. */
async function check(off: readonly Measure[] = [], change: (samples: Samples) => Samples = (same) => same) {
  const { lines, feed } = createLineLog();
  const log = createLogger("debug", { write: (text) => feed("stdout", text) });
  const internals = createInternals(off, log, async () => change(await samplesOfLibraries()));
  await internals.start();
  return { missing: ALL.filter((measure) => !internals.allows(measure)), lines };
}

/** Libraries whose specimen differs in what `change` does to it. */
function differing(change: (specimen: Specimen) => unknown) {
  return (samples: Samples): Samples => {
    const { specimen } = samples;
    if (specimen === undefined) throw new Error("the libraries made no connection");
    return { ...samples, specimen: Object.assign({}, specimen, change(specimen)) };
  };
}

/** Gives a part another value than the library does. */
function set(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

/** A socket like that of the specimen, which can still be ended itself. */
function withoutClose({ socket }: Specimen): Partial<Specimen> {
  const { client, conn } = socket;
  const transport = like(conn.transport, "close", undefined);
  return { socket: like(socket, "client", like(client, "conn", like(conn, "transport", transport))) };
}

function withoutWire(specimen: Specimen): object {
  const { socket } = transportOf(specimen) as unknown as { readonly socket: object };
  return like(socket, "_socket", undefined);
}

function like<T extends object>(original: T, name: string, value: unknown): T {
  return Object.create(original, { [name]: { value } });
}

/** Broadcasts as the library does, by other methods than the adapter's. */
function broadcastElsewhere({ io }: Specimen) {
  const { adapter } = io.sockets;
  const other = Object.assign(Object.create(Object.getPrototypeOf(adapter)), adapter);
  return adapter.broadcast.bind(other);
}

const clientOf = ({ socket }: Specimen) => socket.client;
const transportOf = ({ socket }: Specimen) => socket.conn.transport;

test(`with Node.js ${process.versions.node} every measure finds what it needs, and nothing is logged`, async () => {
  const { missing, lines } = await check();

  expect(missing).toEqual([]);
  expect(lines).toEqual([]);
});

test.each<[string, Measure[], (samples: Samples) => Samples]>([
  [
    "no Client.writeToEngine",
    ["fan-out"],
    differing((one) => set(clientOf(one), "writeToEngine", undefined)),
  ],
  ["no Transport.close", ["fan-out"], differing(withoutClose)],
  ["no Transport.send", ["fan-out", "backlog"], differing((one) => set(transportOf(one), "send", undefined))],
  [
    "no WebSocket._socket",
    ["fan-out"],
    differing((one) => set(transportOf(one), "socket", withoutWire(one))),
  ],
  [
    "a frame that is not what is written",
    ["fan-out"],
    differing((one) => ({ takeWritten: () => Buffer.concat([one.takeWritten(), Buffer.from("x")]) })),
  ],
  [
    "no Adapter._encode",
    ["fan-out", "outgoing-count"],
    differing((one) => set(one.io.sockets.adapter, "_encode", 1)),
  ],
  [
    "no Adapter.apply",
    ["fan-out", "outgoing-count"],
    differing((one) => set(one.io.sockets.adapter, "apply", null)),
  ],
  [
    "an adapter that does not encode through _encode",
    ["outgoing-count"],
    differing((one) => set(one.io.sockets.adapter, "broadcast", broadcastElsewhere(one))),
  ],
  [
    "no Socket.writeBuffer",
    ["fan-out", "backlog"],
    differing(({ socket }) => set(socket.conn, "writeBuffer", undefined)),
  ],
  [
    "headers that cannot be assigned",
    ["header-release"],
    differing(
      ({ socket }) => void Object.defineProperty(socket.request, "headers", { get: () => ({ host: "a" }) }),
    ),
  ],
  [
    "headers that stay",
    ["header-release"],
    differing(
      ({ socket }) =>
        void Object.defineProperty(socket.request, "rawHeaders", { get: () => ["a"], set() {} }),
    ),
  ],
  ["another driver of MongoDB", ["mongodb-wake"], (samples) => ({ ...samples, mongodb: "8.0.0" })],
  ["no driver that says its version", ["mongodb-wake"], (samples) => ({ ...samples, mongodb: undefined })],
  ["another ioredis", ["redis-replies"], (samples) => ({ ...samples, ioredis: "7.0.0" })],
  ["another @socket.io/sticky", ["sticky"], (samples) => ({ ...samples, sticky: "3.0.0" })],
  [
    "no connection at all",
    ["fan-out", "outgoing-count", "backlog", "header-release"],
    (samples) => {
      samples.specimen?.close();
      return { ...samples, specimen: undefined };
    },
  ],
])("with %s, %j are off, and one line says so", async (_name, expected, change) => {
  const { missing, lines } = await check([], change);

  expect(missing.sort()).toEqual([...expected].sort());
  expect(lines).toHaveLength(1);
  const fields = lines[0]?.fields ?? {};
  expect(fields.level).toBe("warn");
  expect([...(fields.off as string[])].sort()).toEqual([...expected].sort());
});

test.each(ALL)("%s is off by its switch, without a word", async (measure) => {
  const { missing, lines } = await check([measure]);

  expect(missing).toEqual([measure]);
  expect(lines).toEqual([]);
});

test("with every switch off no library is looked at", async () => {
  const { missing } = await check(ALL, () => {
    throw new Error("looked at");
  });

  expect(missing).toEqual(ALL);
});

test("every measure has a switch: a value of INTERNALS_OFF, or a variable of its own", () => {
  const own: Partial<Record<Measure, string>> = { "fan-out": "FAN_OUT=stock", sticky: "ROUTING=forward" };
  for (const measure of SWITCHABLE) own[measure] = `INTERNALS_OFF=${measure}`;

  expect(Object.fromEntries(ALL.map((measure) => [measure, MEASURES[measure].off]))).toEqual(own);
});

test("the check leaves no connection behind", async () => {
  const { specimen } = await samplesOfLibraries();
  specimen?.close();
  await nextTurn();
  await nextTurn();

  expect(specimen?.io.engine.clientsCount).toBe(0);
  expect(specimen?.stream.destroyed).toBe(true);
});
