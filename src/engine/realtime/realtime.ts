import type { Server as HttpServer } from "node:http";
import type { Decide } from "../../contract/access.js";
import type { Declarations } from "../../contract/feature.js";
import type { LimitsConfig } from "../config/config.js";
import type { RateSetting } from "../config/values.js";
import type { ClientAddress } from "../http/client-address.js";
import type { HeldBodies } from "../http/held-bodies.js";
import type { InFlight } from "../http/in-flight.js";
import type { Internals } from "../internals/internals.js";
import { releaseHeaders } from "../internals/node.js";
import type { ConnectionMetrics, EventMetrics, LimitMetrics } from "../metrics/types.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import { createTurns } from "../process/turns.js";
import type { Authenticator } from "../trust/authenticator.js";
import { addressKey } from "../trust/limits/address-key.js";
import type { Limits } from "../trust/limits/limits.js";
import type { Admission } from "./admission.js";
import { createAuthenticate } from "./authenticate.js";
import { type Deliver, infoOf, SocketClient } from "./clients.js";
import type { Connection } from "./connections/connection.js";
import type { Connections } from "./connections/connections.js";
import { installDoorRules } from "./connections/door-rules.js";
import { createIntake } from "./connections/intake.js";
import { watchOutsiders } from "./connections/outsiders.js";
import { createPace, NO_PACE, type Pace } from "./connections/pace.js";
import { installPollingRequests } from "./connections/polling-requests.js";
import { createReading } from "./connections/reading.js";
import { type AnswerEvent, createDispatch } from "./dispatch.js";
import { giveUp } from "./give-up.js";
import { countHandshakes } from "./handshake-count.js";
import type { Io, IoSocket } from "./io.js";
import { countOutgoing } from "./outgoing-count.js";
import { createRefusalWatch } from "./refusal-watch.js";
import type { Admittance } from "./rights/admittance.js";
import type { Rechecks } from "./rights/rechecks.js";
import { createUserConnections } from "./user-connections.js";
import type { LocalUsers } from "./users/local-users.js";

/** What the Socket.IO side of a worker is made of. */
export interface RealtimeParts {
  readonly io: Io;
  readonly connections: Connections;
  readonly httpServer: HttpServer;
  /** What a stop waits for. */
  readonly inFlight: Pick<InFlight, "answer">;
  readonly bodies: HeldBodies;
  /** What the features declare. */
  readonly features: readonly Declarations[];
  readonly decide: Decide;
  readonly authenticator: Authenticator;
  readonly deliver: Deliver;
  readonly users: LocalUsers;
  readonly check: boolean;
  /** Lets connections into channels, and takes them out again. */
  readonly admittance: Admittance;
  readonly rechecks: Rechecks;
  readonly limits: Pick<LimitsConfig, "openEvents" | "authBytes" | "messageBytes">;
  /** Of a user. */
  readonly eventRate: RateSetting;
  /** Rates of users and rooms. */
  readonly rates: Pick<Limits, "events" | "messages">;
  readonly clientAddress: ClientAddress;
  readonly admission: Admission;
  readonly internals: Pick<Internals, "allows">;
  /** Connections of one user; 0: as many as he likes. */
  readonly connectionsPerUser: number;
  readonly metrics: ConnectionMetrics & EventMetrics;
  readonly limitMetrics: LimitMetrics;
  /** Makes traces of events; absent where none are made. */
  readonly traced?: ((answer: AnswerEvent) => AnswerEvent) | undefined;
  readonly log: Logger;
}

/** What clients may ask for within a turn of the event loop, in milliseconds; what comes beyond it waits for the next one. */
const TURN_MS = 4;

/** Packets that a connection may send for each event that its user may: heartbeats and attachments are packets, too. */
const PACKETS_PER_EVENT = 4;
/** Packets as which the largest one counts: to read it costs a worker some twenty times as much as an event that is small. */
const PACKETS_OF_LARGEST = 16;
/** Below this size of a packet, in characters, the size does not matter, however small the largest one is: a name and a frame are no load. */
const LEAST_SIZE_PER_PACKET = 1024;

/** The Socket.IO side of a worker: attaches to the HTTP server at start, ends every connection at stop. */
export function createRealtime(parts: RealtimeParts): Component {
  const { io, connections, features, deliver, users, internals, connectionsPerUser, metrics } = parts;
  const turns = createTurns(TURN_MS);
  const reading = createReading(turns);
  const dispatch = createDispatch({
    ...parts,
    events: features.flatMap(({ events = [] }) => events),
    intake: createIntake(turns, reading, parts.limits.openEvents),
    refusals: createRefusalWatch(
      (connection) => {
        parts.limitMetrics.refused("refusals");
        giveUp(connection);
      },
      () => performance.now(),
    ),
  });

  let outsiders: NodeJS.Timeout | undefined;
  let releasesHeaders = false;

  function onConnection(socket: IoSocket): void {
    socket.data.address = parts.clientAddress(socket.request);
    if (releasesHeaders) releaseHeaders(socket);
    socket.on("disconnect", onDisconnect);
    users.add(socket);
    dispatch(socket);
    const client = new SocketClient(socket, deliver);
    for (const feature of features) feature.onConnect?.(client, infoOf(socket));
  }

  function onRefuse(socket: IoSocket, code: string): void {
    socket.data.address = parts.clientAddress(socket.request);
    for (const feature of features) feature.onRefuse?.(socket.id, infoOf(socket), code);
  }

  // One function for all connections, as each would cost memory: the library calls it with the socket as `this`.
  function onDisconnect(this: IoSocket, reason: string): void {
    metrics.disconnected(reason);
    parts.admittance.gone(this);
    users.remove(this);
    const client = new SocketClient(this, deliver);
    for (const feature of features) feature.onDisconnect?.(client, infoOf(this), reason);
  }

  /** The header of a handshake may be released once it has joined. */
  function addressOf({ socket, raw }: Connection): string {
    return addressKey(socket?.data.address ?? parts.clientAddress(raw.request));
  }

  return {
    name: "realtime",
    async start() {
      releasesHeaders = internals.allows("header-release");
      io.use(createAuthenticate(parts.authenticator, parts.limits.authBytes, onRefuse));
      if (connectionsPerUser > 0)
        io.use(createUserConnections(connectionsPerUser, parts.limitMetrics).middleware);
      io.on("connection", onConnection);
      io.attach(parts.httpServer);
      connections.install(io);
      installDoorRules(io, connections, reading, paceOf(parts.eventRate, parts.limits.messageBytes));
      parts.admission.install();
      installPollingRequests(io, connections, { ...parts, addressOf });
      outsiders = watchOutsiders(connections);
      countHandshakes(io, metrics);
      if (internals.allows("outgoing-count")) countOutgoing(io, metrics);
    },
    async stop() {
      clearInterval(outsiders);
      await io.close();
    },
  };
}

function paceOf(rate: RateSetting, largest: number): Pace {
  if (rate === "off") return NO_PACE;
  const { perSecond, burst } = rate;
  const packets = {
    perSecond: PACKETS_PER_EVENT * perSecond,
    burst: PACKETS_PER_EVENT * burst,
    sizePerPacket: Math.max(LEAST_SIZE_PER_PACKET, largest / (PACKETS_OF_LARGEST - 1)),
  };
  return createPace(packets, () => performance.now());
}
