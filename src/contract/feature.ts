import type { Connection } from "mongoose";
import type { z } from "zod";
import type { Settings } from "../engine/config/config.js";
import type { FeatureMetrics } from "../engine/metrics/types.js";
import type { Presence } from "../engine/presence/presence.js";
import type { Component } from "../engine/process/lifecycle.js";
import type { Logger } from "../engine/process/logger.js";
import type { Rooms } from "../engine/rooms/rooms.js";
import type { CachedRule, Rights, Rule } from "./access.js";
import type { Act } from "./act.js";
import type { Channel } from "./channel.js";
import type { Identity, Json } from "./domain.js";
import type { Emitted } from "./emitted.js";
import type { Client, ClientEvent } from "./event.js";
import type { Instances } from "./instances.js";
import type { Asked } from "./operations.js";
import type { Passport } from "./passport.js";
import type { Renewal } from "./renewal.js";
import type { RevocationControl } from "./revocations.js";
import type { Route } from "./route.js";
import type { Stream } from "./stream.js";
import type { Users } from "./users.js";

/** Bounds of what clients may send, from the configuration, and the schema of a message's body. */
export interface InputLimits {
  /** JSON of at most `bodyBytes` bytes and a depth that codecs bear. */
  readonly body: z.ZodType<Json>;
  readonly bodyBytes: number;
  /** Messages of one `publish`. */
  readonly publishMessages: number;
  /** Messages of one page. */
  readonly pageMessages: number;
}

/** Tells whether a store answers. */
export interface StoreProbe {
  ping(timeoutMs: number): Promise<boolean>;
}

/** Tells of a store that is there and refuses us for good. */
export interface RefusalProbe {
  /** Code of the refusal; undefined when there is none. */
  refusal(): string | undefined;
}

/** Tells how old is what tokens are decided by, in milliseconds; undefined where nothing of the kind is needed. */
export interface TokenProbe {
  /** Of the key set; infinite before there was one. */
  keysAgeMs(): number | undefined;
  revocationsAgeMs(): number | undefined;
}

/** What the engine gives every feature. */
export interface Engine {
  readonly identity: Identity;
  readonly limits: InputLimits;
  /** The variables of src/app/variables.ts, as they are set. */
  readonly settings: Settings;
  /** Durable rooms: publish, subscribe, read. */
  readonly rooms: Pick<
    Rooms,
    "publish" | "subscribe" | "follow" | "read" | "scrollBack" | "list" | "state" | "states" | "since" | "end"
  >;
  readonly presence: Pick<Presence, "query" | "watch">;
  readonly renewal: Renewal;
  /** For rules that may take back what they have allowed. */
  readonly access: Rights;
  /**
   * Whether a user may do this, by his capabilities and by all rules: for what a declaration cannot ask, as a list of rooms. Rejects with what a rule
   * throws that does not know.
   */
  may(passport: Passport, asked: Asked): Promise<boolean>;
  readonly revocations: RevocationControl;
  readonly tokens: TokenProbe;
  /** The stores as health sees them. */
  readonly stores: {
    readonly mongo: StoreProbe;
    /** Absent when none is configured. */
    readonly redis: (StoreProbe & RefusalProbe) | undefined;
  };
  /** Sends an event to everybody in the channel, or in any of several, on whatever worker and instance. At most once each. */
  send<Schema extends z.ZodType>(
    channel: Channel | readonly Channel[],
    event: Emitted<Schema>,
    payload: z.input<Schema>,
  ): void;
  readonly audience: Audience;
  readonly users: Users;
  /** What operators see of this instance and the others. */
  readonly instances: Instances;
  /** Tells all features of it, for those that keep what was done. */
  acted(act: Act): void;
  /**
   * Runs one operation on the database, for at most 10 s.
   * @throws {AppError} `temporary` while the database is away, `conflict` when a unique index has that value; anything else is
   * passed on.
   */
  database<Result>(operation: () => Promise<Result>): Promise<Result>;
  /** What the feature measures, shown at `/metrics`. */
  readonly metrics: FeatureMetrics;
  readonly api: Api;
  readonly log: Logger;
}

/** Whom events reach beyond channels, on whatever worker and instance. At most once each. */
export interface Audience {
  /** Everybody who is connected. */
  everyone<Schema extends z.ZodType>(event: Emitted<Schema>, payload: z.input<Schema>): void;
  /** All connections of these users. */
  users<Schema extends z.ZodType>(
    users: readonly string[],
    event: Emitted<Schema>,
    payload: z.input<Schema>,
  ): void;
  /** False while other workers cannot be reached: then an event stays on this one. */
  isComplete(): boolean;
}

/** What the whole backend declares, for its documentation. */
export interface Api {
  /** Whether clients are told. */
  readonly isShown: boolean;
  /** Of all features, once each of them was created. */
  declared(): readonly Declared[];
}

/** What a feature declares. */
export interface Declarations {
  readonly routes?: readonly Route[];
  readonly streams?: readonly Stream[];
  readonly events?: readonly ClientEvent[];
  readonly emits?: readonly Emitted[];
  /** Has a say in every operation on a room, of whatever feature: the rules of all features must allow it. */
  readonly rule?: Rule | CachedRule;
  /** Called when a client has come, before anything it sends. */
  onConnect?(client: Client, connection: ConnectionInfo): void;
  /** Called when it has gone, with Socket.IO's word for why. */
  onDisconnect?(client: Client, connection: ConnectionInfo, reason: string): void;
  /** Called when a handshake was refused with this code of the catalogue of errors, or `internal`. */
  onRefuse?(session: string, connection: ConnectionInfo, code: string): void;
  /** Called when a server of the application has done something to users or tokens. */
  onAct?(act: Act): void;
  /** What has to start before clients come and to stop after they have gone. */
  readonly component?: Component;
}

/** What a feature declares, with its name. */
export interface Declared extends Declarations {
  readonly name: string;
}

/** How a client is connected. */
export interface ConnectionInfo {
  readonly transport: string;
  /** The client's address, seen through trusted proxies. */
  readonly address: string;
}

/** A feature of the backend: what it declares, made of what the engine gives it. */
export interface Feature {
  readonly name: string;
  create(engine: Engine, connection: Connection): Declarations;
}

type Models<Makers> = {
  readonly [Name in keyof Makers]: Makers[Name] extends (connection: Connection) => infer Made ? Made : never;
};

/**
 * Declares a feature. Its models, with their collections and indexes, are there before anybody is served; `create` is called once
 * in each worker, before anything has started.
 */
export function feature<Makers extends Readonly<Record<string, (connection: Connection) => object>>>(
  name: string,
  spec: {
    readonly models?: Makers;
    create(engine: Engine & { readonly models: Models<Makers> }): Declarations;
  },
): Feature {
  return {
    name,
    create(engine, connection) {
      const makers = Object.entries(spec.models ?? {});
      const models = Object.fromEntries(makers.map(([key, make]) => [key, make(connection)]));
      return spec.create({ ...engine, models: models as Models<Makers> });
    },
  };
}
