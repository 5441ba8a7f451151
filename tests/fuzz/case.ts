import type { ProofKind } from "./proofs.js";

/** What cases are made of, one generator each. */
export const KINDS = ["http", "frames", "engine", "socket", "events", "routes"] as const;
export type Kind = (typeof KINDS)[number];

/** Bytes on a connection of their own, in as many writes; `answers` is how many they would get if they were well-formed. */
export interface RawHttp {
  readonly via: "http";
  readonly writes: readonly Buffer[];
  readonly answers: number;
}

/** One request to a declared route, as a proper client sends it. */
export interface RouteCall {
  readonly via: "route";
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Which route it is meant for, by its place in {@link Material.routes}. */
  readonly route: number;
}

/** An Engine.IO session. */
interface Session {
  /** The Socket.IO packet that asks to join; undefined where nobody asks. */
  readonly connect: string | undefined;
  /** Acknowledgements that are to come, by their id, with the declared event that each is of, or nothing where any may come. */
  readonly acks: ReadonlyMap<number, string | undefined>;
}

export interface WebSocketSession extends Session {
  readonly via: "websocket";
  /** The request that opens it. */
  readonly head: string;
  /** What follows, frame by frame or cut elsewhere. */
  readonly writes: readonly Buffer[];
  /** Whether all is sent without waiting for an answer. */
  readonly isEager: boolean;
}

export interface PollingSession extends Session {
  readonly via: "polling";
  readonly bodies: readonly string[];
  /** Frames of the WebSocket that it upgrades to; none where it does not. */
  readonly upgrade: readonly Buffer[];
}

/** One case: everything that is sent on one connection or in one session. */
export interface FuzzCase {
  readonly number: number;
  readonly kind: Kind;
  readonly proof: ProofKind;
  /** Address of loopback that it comes from. */
  readonly from: string;
  readonly way: RawHttp | RouteCall | WebSocketSession | PollingSession;
  /** Frames, packets or requests in it. */
  readonly inputs: number;
}

/** What a generator makes. */
export type Made = Pick<FuzzCase, "proof" | "way" | "inputs">;
