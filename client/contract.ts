// Generated: npm run docs, from the declarations in src/; changes by hand are lost.

/** Whatever JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** What routes and events have in common, by name. */
export interface Schemas {
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
  HealthReport: {
    /** `degraded` without Redis, when only clients of one worker reach each other, or with something stale; `unavailable` without MongoDB */
    status: "ok" | "degraded" | "unavailable";
    /** When the stores were asked: up to a second ago */
    time: string;
    uptimeSeconds: number;
    instance: string;
    worker: number;
    mongo: "up" | "down" | "refused" | "off";
    redis: "up" | "down" | "refused" | "off";
    /** Code of what Redis answers, such as `NOPERM`, when `redis` is `refused` */
    redisRefusal?: string;
    /** The key set of AUTH_JWKS_URL: `stale` above 15 minutes, when tokens of new keys are `temporary`; known keys serve for 24 h */
    tokenKeys: "fresh" | "stale" | "off";
    /** The list of revocations: `stale` above 30 s; above 60 s nobody new is let in */
    revocations: "fresh" | "stale" | "off";
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
  /** 1 to 128 letters, digits or any of _ . : @ -, and not . or .. */
  RoomName: string;
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
  /** Whom a connection or a request speaks for */
  UserId: string;
}

/** What an event is acknowledged with when it is refused. Clients go by `temporary`: codes may be added. */
export type Refusal = {
  ok: false;
  error: Schemas["Error"];
};

/** What clients send. Each is acknowledged: that is where a refusal is told. */
export interface ClientToServerEvents {
  /** Replaces the token of this connection by another one of the same user. A token that is refused changes nothing. */
  authenticate: (payload: {
    token: string;
  }, acknowledge: (answer: {
    /** When the new token expires */
    expiresAt: string;
    ok: true;
  } | Refusal) => void) => void;
  /** Asks who is in a durable room, and on request who comes and goes from then on. */
  presence: (payload: {
    room: Schemas["RoomName"];
    /** Begins or ends the events; without it the question is all */
    watch?: boolean;
  }, acknowledge: (answer: {
    users: ReadonlyArray<Schemas["UserId"]>;
    count: number;
    ok: true;
  } | Refusal) => void) => void;
  /** Says up to where the user has read the room, for all devices of that user. */
  read: (payload: {
    room: Schemas["RoomName"];
    /** Highest number that was read; the head where it is beyond that, and never less than before */
    upTo: number;
    /** The log that `upTo` belongs to; of another one nothing is moved */
    epoch?: Schemas["Epoch"];
  }, acknowledge: (answer: {
    room: Schemas["RoomName"];
    epoch: Schemas["Epoch"];
    read: number;
    ok: true;
  } | Refusal) => void) => void;
  /** Joins a room. May be repeated. */
  join: (payload: {
    room: Schemas["RoomName"];
  }, acknowledge: (answer: {
    room: Schemas["RoomName"];
    ok: true;
  } | Refusal) => void) => void;
  /** Leaves a room. May be repeated. */
  leave: (payload: {
    room: Schemas["RoomName"];
  }, acknowledge: (answer: {
    room: Schemas["RoomName"];
    ok: true;
  } | Refusal) => void) => void;
  /** Relays a message, at most once, to all other clients or to the others in a room that the sender has joined. */
  message: (payload: {
    body: Schemas["MessageBody"];
    room?: Schemas["RoomName"];
  }, acknowledge: (answer: {
    /** When it was sent on */
    at: string;
    ok: true;
  } | Refusal) => void) => void;
  /** Stores messages, each once under its id, however often it is sent while the room keeps it; acknowledged once they are committed and journaled. */
  publish: (payload: {
    room: Schemas["RoomName"];
    messages: ReadonlyArray<{
      id: Schemas["MessageId"];
      body: Schemas["MessageBody"];
    }>;
    /** Whether any of these messages may have been sent before */
    retry?: boolean;
  }, acknowledge: (answer: {
    seqs: ReadonlyArray<number>;
    ok: true;
  } | Refusal) => void) => void;
  /** Gives a page of the room, and from its end on every message as it comes. */
  subscribe: (payload: {
    room: Schemas["RoomName"];
    /** Goes on after this number; without it, begins with the last messages */
    after?: number;
    /** The log that `after` belongs to */
    epoch?: Schemas["Epoch"];
    /** Messages of the page; at least 1 where `after` is given */
    limit?: number;
  }, acknowledge: (answer: {
    epoch: Schemas["Epoch"];
    after: number;
    to: number;
    messages: ReadonlyArray<Schemas["StoredMessage"]>;
    /** Whether `to` is where the live events begin */
    live: boolean;
    ok: true;
  } | {
    reset: true;
    epoch: Schemas["Epoch"];
    /** Highest number that retention has removed */
    floor: number;
    to: number;
    ok: true;
  } | Refusal) => void) => void;
  /** Ends a subscription. May be repeated. */
  unsubscribe: (payload: {
    room: Schemas["RoomName"];
  }, acknowledge: (answer: {
    room: Schemas["RoomName"];
    ok: true;
  } | Refusal) => void) => void;
}

/** What clients receive. */
export interface ServerToClientEvents {
  /** The token of this connection expires soon: `authenticate` with another one goes on without a break. */
  auth_expiring: (payload: {
    /** When the connection is closed otherwise */
    expiresAt: string;
  }) => void;
  /** The server closes this connection. The client may come again, with a token that is good; after `removed` stock clients stay away. */
  closing: (payload: {
    /** `token_expired`: by its `exp`; `token_revoked`: before it; `user_changed`: `authenticate` came with a token of another user; `disconnected`: by a server of the application; `removed`: the same, which wants the client to stay away */
    code: "token_expired" | "token_revoked" | "user_changed" | "disconnected" | "removed";
  }) => void;
  /** First event of every connection: its public id, whom it speaks for, which process it is on, and what that takes. */
  session: (payload: {
    /** Public id of the Socket.IO session */
    id: string;
    user: Schemas["UserId"];
    instance: string;
    worker: number;
    /** Process of that worker; only where `API_DOCS` is on, and there is a primary to replace it */
    pid?: number;
    /** Largest body of a message, as JSON text */
    maxBodyBytes: number;
    /** Most messages of one `publish` */
    maxPublishMessages: number;
  }) => void;
  /** Who came into a watched room and who left it, since the last such event or the answer to `watch`. */
  presence: (payload: {
    room: Schemas["RoomName"];
    joined: ReadonlyArray<Schemas["UserId"]>;
    left: ReadonlyArray<Schemas["UserId"]>;
    count: number;
  }) => void;
  /** Up to where a user has read a room: for all connections of that user, and in rooms of up to 100 users for those who watch its presence. At most one a second for each worker. */
  read: (payload: {
    room: Schemas["RoomName"];
    epoch: Schemas["Epoch"];
    read: number;
    user: Schemas["UserId"];
  }) => void;
  /** A message of another client, to everyone or to a room that this one has joined. */
  message: (payload: {
    /** Session id of the sender */
    from: string;
    room?: Schemas["RoomName"];
    body: Schemas["MessageBody"];
    /** When it was sent on */
    at: string;
  }) => void;
  /** Messages of a durable room, in order and without gaps: all there is in (after, to]. */
  messages: (payload: {
    room: Schemas["RoomName"];
    epoch: Schemas["Epoch"];
    after: number;
    to: number;
    messages: ReadonlyArray<Schemas["StoredMessage"]>;
  }) => void;
  /** The right to something in a room has ended, or a server took the user out of it: nothing of it comes any more. Presence there has ended with a subscription. */
  room_closed: (payload: {
    /** Absent where the operation concerns no room */
    room?: Schemas["RoomName"];
    /** What is not allowed any more: `subscribe`, `watch`, `join` or one of the application's */
    operation: "join" | "relay" | "publish" | "subscribe" | "page" | "presence" | "watch" | "manage" | "broadcast" | "users" | "rooms" | "revoke" | "operate";
    /** `temporary`: whether it is still allowed could not be found out for a minute; ask again. `removed`: by a server of the application */
    code: "forbidden" | "temporary" | "removed";
  }) => void;
  /** What a server of the application sends: to everyone, to a user, or to a room that this client has joined or subscribed to. At most once. */
  notice: (payload: {
    room?: Schemas["RoomName"];
    /** What the application calls it */
    event: string;
    body: Schemas["MessageBody"];
    /** When it was sent on */
    at: string;
  }) => void;
}

/** The routes of the public port, by method and path. */
export interface Routes {
  DELETE: {
    /** Takes a room off the user's list. */
    "/rooms/:room/read": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
      };
      reply: {
        room: Schemas["RoomName"];
      };
    };
  };
  GET: {
    /** Tells all routes, with their parameters, bodies, replies and errors. */
    "/openapi.json": {
      request: {};
      reply: Json;
    };
    /** Tells all events of Socket.IO, with their payloads, acknowledgements and errors. */
    "/asyncapi.json": {
      request: {};
      reply: Json;
    };
    /** Tells whether this worker can serve: 200 also without Redis, 503 without MongoDB. */
    "/health": {
      request: {};
      reply: Schemas["HealthReport"];
    };
    /** Greets. */
    "/hello": {
      request: {};
      reply: {
        message: string;
      };
    };
    /** The rooms in which the user has said what he has read, in the order of their names, with what is unread there. Those that he may not read any more are left out. */
    "/me/rooms": {
      request: {
        query?: {
          /** Begins behind this name */
          after?: Schemas["RoomName"];
          limit?: number;
        };
      };
      reply: {
        rooms: ReadonlyArray<{
          room: Schemas["RoomName"];
          epoch: Schemas["Epoch"];
          read: number;
          /** Highest number that was given to a message */
          head: number;
          /** Messages above `read`; 100 stands for more than 99 */
          unread: number;
          /** The newest message */
          last?: Schemas["StoredMessage"];
        }>;
        /** `after` of the next page */
        next?: Schemas["RoomName"];
      };
    };
    /** Reads a room: the messages after a number, those before one, or the newest. Reading makes no room: `epoch` is null until it was used. */
    "/rooms/:room/messages": {
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
  };
  POST: {
    /** Greets by name. */
    "/hello": {
      request: {
        body: {
          name: string;
        };
      };
      reply: {
        message: string;
      };
    };
    /** Stores a message once under its id, however often it is sent while the room keeps it. */
    "/rooms/:room/messages": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
        body: {
          id: Schemas["MessageId"];
          body: Schemas["MessageBody"];
        };
      };
      reply: {
        room: Schemas["RoomName"];
        seq: number;
        id: Schemas["MessageId"];
      };
    };
  };
  PUT: {
    /** Says up to where the user has read the room, as the event `read` does. */
    "/rooms/:room/read": {
      request: {
        params: {
          room: Schemas["RoomName"];
        };
        body: {
          /** Highest number that was read; the head where it is beyond that, and never less than before */
          upTo: number;
          /** The log that `upTo` belongs to; of another one nothing is moved */
          epoch?: Schemas["Epoch"];
        };
      };
      reply: {
        room: Schemas["RoomName"];
        epoch: Schemas["Epoch"];
        read: number;
      };
    };
  };
}

/** Statuses of replies other than 200 to 299, which stand for errors anywhere else. */
export const UNUSUAL_STATUSES: { readonly [route: string]: readonly number[] } = {"GET /health":[503]};
