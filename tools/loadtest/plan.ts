/** What the command line asks for; `tools/loadtest.mjs` has checked the ranges. */
export interface Options {
  readonly url: string;
  readonly connections: number;
  readonly rooms: number;
  /** Messages per second of all connections together. */
  readonly rate: number;
  readonly transport: "websocket" | "polling" | "mixed";
  readonly durationMs: number;
  readonly bodyBytes: number;
  readonly durable: boolean;
  /** The connections are opened evenly over this time. */
  readonly rampMs: number;
  readonly processes: number;
  /** Longest wait for what is under way when the sending ends. */
  readonly settleMs: number;
  readonly maxP99Ms?: number | undefined;
  /** Share of the deliveries, 0 to 1. */
  readonly maxLoss?: number | undefined;
  /** File of the HTML report. */
  readonly report: string;
}

/** What one generator process has to do. */
export interface Share {
  readonly options: Options;
  /** Part of every name of this run: 6 letters and digits. */
  readonly run: string;
  /** Number of its first connection, and how many it has. */
  readonly first: number;
  readonly count: number;
  /** Address to connect to instead of the name in the URL. */
  readonly address?: string | undefined;
  /** One for each of its connections, in their order; without them each says a name of its own. */
  readonly tokens?: readonly string[] | undefined;
}

/** What is split into shares; its tokens are dealt out in turn. */
export type Whole = Omit<Share, "first" | "count">;

/** Up to here the system chooses address and port by itself. */
const WITHOUT_SOURCE_ADDRESSES = 1000;
/**
 * Connections from one source address, far below its 28,000 ports: Linux searches half of them in turn, which takes
 * milliseconds for every connection once that half is taken, be it by connections that have ended a minute ago.
 */
const PER_SOURCE_ADDRESS = 4000;

/** Splits the connections into blocks, so that every room spans the processes. */
export function sharesOf({ options, run, address, tokens }: Whole): Share[] {
  const { connections, processes } = options;
  const edge = (index: number) => Math.floor((index * connections) / processes);
  return Array.from({ length: processes }, (_, index) => {
    const first = edge(index);
    const count = edge(index + 1) - first;
    const dealt =
      tokens && Array.from({ length: count }, (_, own) => tokens[(first + own) % tokens.length] ?? "");
    return { options, run, first, count, address, tokens: dealt };
  });
}

/** What a connection brings of its user: a token, or a name of its own. */
export function authOf(connection: number, { run, first, tokens }: Share): Readonly<Record<string, string>> {
  const token = tokens?.[connection - first];
  return token === undefined ? { user: `${run}-${connection}` } : { token };
}

/** Number of the room of a connection. */
export function roomOf(connection: number, { rooms }: Pick<Options, "rooms">): number {
  return connection % rooms;
}

/** How many connections a room has. */
export function membersOf(
  room: number,
  { connections, rooms }: Pick<Options, "connections" | "rooms">,
): number {
  return Math.floor(connections / rooms) + (room < connections % rooms ? 1 : 0);
}

/** The name of a room; no other run has it. One pattern of capabilities covers all: `loadtest:*`. */
export function roomName(room: number, run: string): string {
  return `loadtest:${run}:${room}`;
}

/** `mixed` takes turns within every room. */
export function transportOf(connection: number, options: Options): "websocket" | "polling" {
  if (options.transport !== "mixed") return options.transport;
  return Math.floor(connection / options.rooms) % 2 === 0 ? "websocket" : "polling";
}

/**
 * On loopback, addresses of 127.0.0.0/8 for large crowds, others in every run, as ports stay taken for a minute; elsewhere
 * the system's choice.
 */
export function localAddressOf(
  connection: number,
  { options, run, address }: Pick<Share, "options" | "run" | "address">,
): string | undefined {
  if (address === undefined || !/^127\./.test(address)) return undefined;
  if (options.connections <= WITHOUT_SOURCE_ADDRESSES) return undefined;
  const network = 1 + (Number.parseInt(run, 36) % 250);
  const host = 1 + Math.floor(connection / PER_SOURCE_ADDRESS);
  return `127.${network}.${host >> 8}.${host & 255}`;
}
