import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../src/engine/config/config.js";
import { createDelays } from "../../src/engine/http/delays.js";
import { ENGINE_PATH } from "../../src/engine/http/engine-request.js";
import { createHostCheck, createOriginCheck } from "../../src/engine/http/origin.js";
import { createSlowRefusals } from "../../src/engine/http/slow-refusals.js";
import { createSpacedRequests } from "../../src/engine/http/spaced-requests.js";
import {
  type Admission,
  type AdmissionParts,
  type AdmissionResult,
  createAdmission,
} from "../../src/engine/realtime/admission.js";
import { createLimits } from "../../src/engine/trust/limits/limits.js";

/** What one worker has and the simulation does. */
export interface DoorParts {
  readonly config: Config;
  /** Open connections of the worker. */
  connections(): number;
  meanLagMs(): number;
  /** The handshake goes on to Engine.IO. */
  onIn(client: number, turn: number): void;
  /** It was answered with a refusal. */
  onRefused(client: number, turn: number): void;
  /** What the admission has decided, before either of these. */
  onResult(result: AdmissionResult): void;
}

/** The way into a worker: its real admission, on what looks to it like Engine.IO. */
export interface Door {
  /** A client asks for a session. */
  knock(client: number, turn: number): void;
  readonly close: Admission["close"];
}

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
type Listener = () => void;

const HANDSHAKE = `${ENGINE_PATH}?EIO=4&transport=websocket`;
const HEADERS = { host: "simulated.invalid" };
/** What Engine.IO gives its middleware as the response to an upgrade: nothing of it is used. */
const UPGRADE = {} as ServerResponse;

/** The TCP connection of a handshake, as far as a refusal uses it. */
class Visitor {
  destroyed = false;
  readonly remoteAddress: string;
  readonly #onAnswer: () => void;
  #onClose: Listener[] = [];

  constructor(remoteAddress: string, onAnswer: () => void) {
    this.remoteAddress = remoteAddress;
    this.#onAnswer = onAnswer;
  }

  once(event: string, listener: Listener): this {
    if (event === "close") this.#onClose.push(listener);
    return this;
  }

  on(): this {
    return this;
  }

  off(event: string, listener: Listener): this {
    if (event === "close") this.#onClose = this.#onClose.filter((one) => one !== listener);
    return this;
  }

  resume(): this {
    return this;
  }

  /** The client closes as soon as it has its answer. */
  end(): this {
    this.#onAnswer();
    this.destroy();
    return this;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    for (const listener of this.#onClose) listener();
  }
}

export function createDoor(parts: DoorParts): Door {
  const { config, onIn, onRefused } = parts;
  const now = (): number => performance.now();
  const delays = createDelays();
  const slowRefusals = createSlowRefusals(delays, now);
  const { handshakes, requests } = createLimits(config.rates, { refused() {} }, now);
  const middlewares: Middleware[] = [];

  const admission = createAdmission({
    io: {
      path: () => ENGINE_PATH.slice(0, -1),
      engine: {
        use: (middleware: Middleware) => middlewares.push(middleware),
        get clientsCount() {
          return parts.connections();
        },
        opts: {},
      },
    } as unknown as AdmissionParts["io"],
    connections: { get: () => undefined } as unknown as AdmissionParts["connections"],
    streams: { count: () => 0 },
    limits: config.admission,
    ...{ handshakes, requests, slowRefusals },
    spaced: createSpacedRequests(config.rates.ipHandshakes, slowRefusals, delays, now),
    // Through the proxies that are trusted.
    clientAddress: ({ socket }) => socket.remoteAddress ?? "",
    isOwnHost: createHostCheck(config.allowedHosts),
    checkOrigin: createOriginCheck(config),
    meanLagMs: parts.meanLagMs,
    onHandshake: (result) => parts.onResult(result),
  });
  admission.install();

  return {
    close: admission.close,
    knock(client, turn) {
      const visitor = new Visitor(addressOf(client), () => onRefused(client, turn));
      const request = { method: "GET", url: HANDSHAKE, headers: HEADERS, socket: visitor };
      let place = 0;
      const next = (): void => {
        const middleware = middlewares[place];
        place += 1;
        if (middleware === undefined) onIn(client, turn);
        else middleware(request as unknown as IncomingMessage, UPGRADE, next);
      };
      next();
    },
  };
}

/** Each client has an address of its own. */
function addressOf(client: number): string {
  return `10.${(client >> 16) & 255}.${(client >> 8) & 255}.${client & 255}`;
}
