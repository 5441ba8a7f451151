// Generated: npm run docs, from the declarations in src/; changes by hand are lost.

/** Whatever JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What routes have in common, by name. */
export interface Schemas {
  ConnectionEvent: {
    /** For `before` */
    id: string;
    type: "connect" | "disconnect" | "refuse" | "revoke" | "remove" | "move" | "end";
    at: string;
    /** Public id of the Socket.IO session */
    session?: string;
    instance: string;
    worker: number;
    transport?: string;
    /** Whose connection it was, or who was revoked, removed or moved */
    user?: string;
    /** What a handshake was refused with */
    code?: string;
    /** Key of the server API by which it was done */
    key?: string;
    /** `jti` of the token that was revoked */
    token?: string;
    /** The room whose messages were removed */
    room?: Schemas["RoomName"];
    /** Why it ended, in Socket.IO's words */
    reason?: string;
  };
  /** Names a room's log: numbers of another one mean nothing in it */
  Epoch: string;
  Error: {
    code: "invalid" | "malformed_json" | "unauthenticated" | "token_expired" | "token_revoked" | "forbidden" | "not_found" | "method_not_allowed" | "unknown_event" | "not_in_room" | "too_many_rooms" | "id_conflict" | "conflict" | "too_large" | "unsupported_media_type" | "rate_limited" | "too_many_connections" | "internal" | "temporary";
    /** For people; may change */
    message: string;
    /** Whether the same request may succeed later, unchanged */
    temporary: boolean;
    /** Time after which to ask again */
    retryAfterMs?: number;
  };
  Happening: {
    at: string;
    what: "started" | "draining" | "left" | "ended" | "reloading" | "reloaded" | "reload-failed";
    /** Without it, the whole instance */
    worker?: number;
    detail?: string;
  };
  /** Any JSON value but null, of at most 65536 bytes as JSON text and 32 levels */
  MessageBody: Json;
  /** The sender's own id of a message; makes a resend harmless */
  MessageId: string;
  /** For `before` */
  PageBackwards: {
    epoch: Schemas["Epoch"] | null;
    after: number;
    to: number;
    messages: ReadonlyArray<Schemas["StoredMessage"]>;
    /** Whether there is something at or below `after` */
    more: boolean;
    room: Schemas["RoomName"];
  };
  /** For `after` */
  PageOnwards: {
    epoch: Schemas["Epoch"] | null;
    after: number;
    to: number;
    messages: ReadonlyArray<Schemas["StoredMessage"]>;
    /** Whether `to` is where the live events begin */
    live: boolean;
    room: Schemas["RoomName"];
  };
  /** See `RoomReset` */
  PageReset: {
    reset: true;
    epoch: Schemas["Epoch"] | null;
    /** Highest number that retention has removed */
    floor: number;
    to: number;
    room: Schemas["RoomName"];
  };
  /** Whether this one is stored */
  PublishResult: {
    ok: true;
    room: Schemas["RoomName"];
    id: Schemas["MessageId"];
    seq: number;
  } | {
    ok: false;
    room: Schemas["RoomName"];
    id: Schemas["MessageId"];
    error: Schemas["Error"];
  };
  /** 1 to 128 letters, digits or any of _ . : @ -, and not . or .. */
  RoomName: string;
  /** Where a durable room stands */
  RoomState: {
    room: Schemas["RoomName"];
    epoch: Schemas["Epoch"];
    /** Highest number that is gone */
    floor: number;
    /** Highest number that was given to a message */
    head: number;
  };
  Sample: {
    /** In milliseconds since 1970 */
    at: number;
    /** Those that answered */
    workers: number;
    connections: number;
    /** Per second, as all rates */
    eventsIn: number;
    eventsOut: number;
    /** Batches that were committed */
    publishes: number;
    /** Handshakes, requests, events and messages */
    refusals: number;
    /** Mean delay of the event loop over a second; of several workers the longest */
    lagMs: number;
    /** How many since the sample before, by why; absent when there were none */
    refusedHandshakes?: {
      draining?: number;
      full?: number;
      rate?: number;
      address?: number;
      overload?: number;
      refused?: number;
    };
  };
  /** Any JSON value but null, of at most 16777216 bytes as JSON text */
  StoredBody: Json;
  /** A message of a durable room */
  StoredMessage: {
    /** Its number in the room's log */
    seq: number;
    id: Schemas["MessageId"];
    from: Schemas["UserId"];
    /** When it was stored, by MongoDB's clock */
    at: string;
    body: Schemas["StoredBody"];
  };
  /** A connection of a user, on whatever instance */
  UserConnection: {
    /** Public id of the Socket.IO session, or of the stream */
    session: string;
    instance: string;
    worker: number;
    transport: string;
    since: string;
    /** Those it has joined, subscribed to or watches, up to 50 */
    rooms: ReadonlyArray<Schemas["RoomName"]>;
    roomCount: number;
  };
  /** Whom a connection or a request speaks for */
  UserId: string;
  /** A worker of any instance, by its own word */
  WorkerReport: {
    instance: string;
    worker: number;
    /** When its process was started */
    since: string;
    connections: number;
    /** Mean delay of the event loop over a second; of several workers the longest */
    lagMs: number;
    memoryBytes: number;
  };
  /** A worker of this instance, as its primary sees it */
  WorkerView: {
    worker: number;
    pid: number;
    state: "starting" | "ready" | "leaving";
    /** When it came into this state */
    since: string;
    /** How often the worker of this slot was replaced */
    restarts: number;
    /** Whether it has not answered for 2.5 s, or did not when the workers were last measured */
    isSilent: boolean;
    /** Absent until it was measured */
    load?: {
      connections: number;
      /** Per second, as all rates */
      eventsIn: number;
      eventsOut: number;
      /** Batches that were committed */
      publishes: number;
      /** Handshakes, requests, events and messages */
      refusals: number;
      /** Mean delay of the event loop over a second; of several workers the longest */
      lagMs: number;
      memoryBytes: number;
    };
  };
}

/** The routes that take a key, by method and path. */
export interface ServerRoutes {
  DELETE: {
    /** Removes all messages of a durable room. It has another epoch then, its numbers go on, and subscribers begin afresh. */
    "/v1/rooms/:room": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
      };
      reply: Schemas["RoomState"];
    };
  };
  GET: {
    /** What became of connections, newest first, without client addresses: who connected and disconnected, which handshakes were refused, and what was done to users, tokens and rooms by which key. */
    "/connections": {
      request: {
        query?: {
          limit?: number;
          type?: "connect" | "disconnect" | "refuse" | "revoke" | "remove" | "move" | "end";
          user?: Schemas["UserId"];
          /** Public id of the Socket.IO session */
          session?: string;
          /** Only what was before it: `id` of the last one of a page, or a time */
          before?: string;
        };
      };
      reply: {
        events: ReadonlyArray<Schemas["ConnectionEvent"]>;
      };
    };
    /** This instance: its workers, what happened to them, its stores, and samples of the last hour, one every 10 s. */
    "/instance": {
      request: {
        query?: {
          /** Only samples taken after this time, in milliseconds since 1970 */
          after?: number;
        };
      };
      reply: {
        instance: string;
        /** When it was started */
        since: string;
        workers: ReadonlyArray<Schemas["WorkerView"]>;
        /** The worst that a worker says */
        stores: {
          mongo: "up" | "down" | "refused" | "off" | "unknown";
          redis: "up" | "down" | "refused" | "off" | "unknown";
        };
        /** Newest first */
        happenings: ReadonlyArray<Schemas["Happening"]>;
        /** Oldest first */
        samples: ReadonlyArray<Schemas["Sample"]>;
      };
    };
    /** The workers of all instances that answer within 2 s, and how many more there should be. */
    "/instances": {
      request: {};
      reply: {
        workers: ReadonlyArray<Schemas["WorkerReport"]>;
        missing: number;
      };
    };
    /** Lists the revocations in force, in order of their targets. */
    "/v1/revocations": {
      request: {
        query?: {
          /** `next` of the page before */
          after?: string;
          limit?: number;
        };
      };
      reply: {
        revocations: ReadonlyArray<{
          /** `user:` with a user's id: all tokens of that user; `token:` with a `jti`: one token */
          target: string;
          /** Tokens of users whose `iat` is below it are void; in seconds since 1970 */
          issuedBefore: number;
          /** When it is forgotten: no such token is good any more by then */
          until: string;
        }>;
        /** Only there if there may be more */
        next?: string;
      };
    };
    /** Tells which key this is, what it may do besides what concerns single rooms, and with `room` what it may do in that one. */
    "/v1/key": {
      request: {
        query?: {
          room?: Schemas["RoomName"];
        };
      };
      reply: {
        /** Its name, `kid` */
        key: string;
        operations: ReadonlyArray<"broadcast" | "users" | "rooms" | "revoke" | "operate">;
        /** With `room`: what it may do there */
        inRoom?: ReadonlyArray<"join" | "relay" | "publish" | "subscribe" | "page" | "presence" | "watch" | "manage">;
      };
    };
    /** Lists durable rooms in the order of their names; `next` is the `after` of the next page. */
    "/v1/rooms": {
      request: {
        query?: {
          /** Of their names */
          prefix?: Schemas["RoomName"];
          /** Begins behind this name */
          after?: Schemas["RoomName"];
          limit?: number;
        };
      };
      reply: {
        rooms: ReadonlyArray<Schemas["RoomState"]>;
        next?: Schemas["RoomName"];
      };
    };
    /** Tells where a durable room stands and how many users get its messages. */
    "/v1/rooms/:room": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
      };
      reply: {
        room: Schemas["RoomName"];
        epoch: Schemas["Epoch"];
        /** Highest number that is gone */
        floor: number;
        /** Highest number that was given to a message */
        head: number;
        members: number;
      };
    };
    /** Reads a durable room as `GET /rooms/:room/messages` does. */
    "/v1/rooms/:room/messages": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
        query?: {
          /** Reads onwards after this number; 0 by default */
          after?: number;
          /** The log that `after` belongs to */
          epoch?: Schemas["Epoch"];
          /** Reads backwards from below this number; not together with `after` or `epoch` */
          before?: number;
          limit?: number;
        };
      };
      reply: Schemas["PageOnwards"] | Schemas["PageBackwards"] | Schemas["PageReset"];
    };
    /** Tells which users get the messages of a durable room, up to 500 of them. */
    "/v1/rooms/:room/presence": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
      };
      reply: {
        users: ReadonlyArray<Schemas["UserId"]>;
        count: number;
      };
    };
    /** Lists the connections of a user on all instances; none for one who is not there. */
    "/v1/users/:user": {
      request: {
        params: {
          user: Schemas["UserId"];
        };
      };
      reply: {
        user: Schemas["UserId"];
        connections: ReadonlyArray<Schemas["UserConnection"]>;
        count: number;
      };
    };
  };
  POST: {
    /** Makes tokens void. Live connections are closed with `token_revoked`, and nobody comes in with such a token. May be repeated. */
    "/v1/revocations": {
      request: {
        body: {
          targets: ReadonlyArray<string>;
          /** Of users: tokens whose `iat` is below it, in seconds since 1970; default: all so far */
          issuedBefore?: number;
          /** Time in which live connections may `authenticate` with a newer token */
          reauthMarginMs?: 0 | 30000;
        };
      };
      reply: {
        /** Tokens of users whose `iat` is below it are void; in seconds since 1970 */
        issuedBefore: number;
        /** When it holds on all instances at the latest */
        effectiveBy: string;
        /** When the last such connection is closed at the latest */
        closedBy: string;
      };
    };
    /** Stores up to 100 messages, and answers for each. One that is sent again is stored once while the room keeps it; `id_conflict` where its id has another body. */
    "/v1/publish": {
      request: {
        body: {
          items: ReadonlyArray<{
            room: Schemas["RoomName"];
            id: Schemas["MessageId"];
            from: Schemas["UserId"];
            body: Schemas["MessageBody"];
          }>;
        };
      };
      reply: {
        results: ReadonlyArray<Schemas["PublishResult"]>;
      };
    };
    /** Stores one message in up to 100 rooms, and answers for each as `/v1/publish` does. */
    "/v1/broadcast": {
      request: {
        body: {
          rooms: ReadonlyArray<Schemas["RoomName"]>;
          id: Schemas["MessageId"];
          from: Schemas["UserId"];
          body: Schemas["MessageBody"];
        };
      };
      reply: {
        results: ReadonlyArray<Schemas["PublishResult"]>;
      };
    };
    /** Sends clients the event `notice`, which is not stored: those in a room, all connections of up to 100 users (`users`), or everyone (`broadcast`). `temporary` while not all workers can be reached; then nobody got it. */
    "/v1/relay": {
      request: {
        body: {
          room?: Schemas["RoomName"];
          users?: ReadonlyArray<Schemas["UserId"]>;
          /** What the application calls it */
          event: string;
          body: Schemas["MessageBody"];
        };
      };
      reply: {
        /** When it was sent on */
        at: string;
      };
    };
    /** Ends all connections of a user. With `reconnect` their transports are closed, and clients come back by themselves; without it stock clients stay away. He may come again: a token is taken back by a revocation. */
    "/v1/users/:user/disconnect": {
      request: {
        params: {
          user: Schemas["UserId"];
        };
        body: {
          reconnect: boolean;
        };
      };
      reply: {
        /** How many there were */
        connections: number;
      };
    };
    /** Puts the connections that a user has into rooms that are relayed to, and takes them out of rooms, whatever they get of them: they are told by `room_closed`, and streams of these rooms end. Needs `users`, and `manage` in each of the rooms. What the user may do by himself stays as it is. */
    "/v1/users/:user/rooms": {
      request: {
        params: {
          user: Schemas["UserId"];
        };
        body: {
          join?: ReadonlyArray<Schemas["RoomName"]>;
          leave?: ReadonlyArray<Schemas["RoomName"]>;
        };
      };
      reply: {
        /** Those that are where they should be */
        connections: number;
        /** Those that are in as many rooms as they may be */
        full: number;
      };
    };
  };
}
