import { queueOf } from "./engine-io.js";
import { canGuardReplies } from "./ioredis.js";
import type { Measure } from "./measures.js";
import { isKnownDriver } from "./mongodb.js";
import { canReleaseHeaders } from "./node.js";
import { clientOf } from "./socket-io.js";
import { type Audience, type PacketOptions, watchBroadcasts } from "./socket-io-adapter.js";
import type { Specimen } from "./specimen.js";
import { isKnownSticky } from "./sticky.js";
import { streamBelow } from "./ws.js";

/** What there is to be looked at. */
export interface Samples {
  /** Undefined if the libraries could not make one. */
  readonly specimen: Specimen | undefined;
  readonly mongodb: string | undefined;
  readonly ioredis: string | undefined;
  readonly sticky: string | undefined;
}

type Probe = (samples: Samples) => boolean;

/** Whether a measure finds what it needs. A probe may throw, which means that it does not. */
export const PROBES: Readonly<Record<Measure, Probe>> = {
  "fan-out": withSpecimen(wouldFanOut),
  "outgoing-count": withSpecimen(wouldCount),
  backlog: withSpecimen(wouldSeeQueue),
  "mongodb-wake": ({ mongodb }) => isKnownDriver(mongodb),
  "redis-replies": ({ ioredis }) => ioredis?.split(".")[0] === "6" && canGuardReplies(),
  sticky: ({ sticky }) => isKnownSticky(sticky),
  // Last: it takes the headers from the specimen.
  "header-release": withSpecimen(({ socket }) => canReleaseHeaders(socket)),
};

function withSpecimen(probe: (specimen: Specimen) => boolean): Probe {
  return ({ specimen }) => specimen !== undefined && probe(specimen);
}

/** The frame that is made in advance is, byte by byte, what goes to the stream below the WebSocket. */
function wouldFanOut({ socket, io, stream, takeWritten }: Specimen): boolean {
  const client = clientOf(socket);
  if (client === undefined || streamBelow(client.conn.transport) !== stream) return false;
  const { writeToEngine } = client;
  const seen: PacketOptions[] = [];
  client.writeToEngine = (packets, options) => {
    seen.push(options);
    writeToEngine.call(client, packets, options);
  };
  takeWritten();
  try {
    io.emit("probe", 1);
  } finally {
    client.writeToEngine = writeToEngine;
  }
  const [frame] = seen.map(({ wsPreEncodedFrame }) => wsPreEncodedFrame);
  return frame !== undefined && seen.length === 1 && Buffer.concat(frame).equals(takeWritten());
}

/** A broadcast is told of once, with its event and whom it is for. */
function wouldCount({ io }: Specimen): boolean {
  const told: [string, Audience][] = [];
  watchBroadcasts(io.sockets.adapter, (event, audience) => told.push([event, audience]));
  io.to("room").emit("probe", 1);
  const [[event, { rooms }] = ["", { rooms: new Set() }]] = told;
  return told.length === 1 && event === "probe" && rooms.size === 1 && rooms.has("room");
}

/** Of two packets that are sent in one go, the second one waits in the queue. */
function wouldSeeQueue({ socket: { conn } }: Specimen): boolean {
  conn.send("probe");
  conn.send("waits");
  return queueOf(conn)?.some(({ data }) => data === "waits") === true;
}
