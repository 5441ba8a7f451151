import { EventEmitter } from "node:events";
import { createRoomClient, type Message, type RoomSocket } from "../../../../client/room-client.js";

type Ack = (error: Error | null, answer?: object) => void;

/** A request that the client library made and that the test answers. */
export interface Request {
  readonly event: string;
  readonly payload: Record<string, unknown>;
  /** How long the client waits for the answer. */
  readonly timeoutMs: number;
  ok(answer: object): Promise<void>;
  /** Without `temporary`, as servers did that did not say it. */
  refuse(code: string, temporary?: boolean, retryAfterMs?: number): Promise<void>;
  /** No answer comes in time, or the connection breaks first. */
  lose(): Promise<void>;
}

const turns = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The client library on a socket whose other end is the test. Pauses last until the test resumes them. */
export function createManualServer(settings: Parameters<typeof createRoomClient>[1] = {}) {
  const events = new EventEmitter().setMaxListeners(0);
  const requests: Request[] = [];
  const emitted: { readonly event: string; readonly payload: object }[] = [];
  const pauses: (() => void)[] = [];
  const failures: number[] = [];
  const waits: (number | undefined)[] = [];
  let connected = true;

  const stock = {
    get connected() {
      return connected;
    },
    on: (event: string, handler: () => void) => events.on(event, handler),
    off: (event: string, handler: () => void) => events.off(event, handler),
    emit: (event: string, payload: object) => emitted.push({ event, payload }),
    timeout: (timeoutMs: number) => ({
      emit(event: string, payload: Record<string, unknown>, ack: Ack) {
        const settle = (error: Error | null, answer?: object): Promise<void> => {
          ack(error, answer);
          return turns();
        };
        requests.push({
          event,
          payload,
          timeoutMs,
          ok: (answer) => settle(null, { ok: true, ...answer }),
          refuse(code, temporary, retryAfterMs) {
            const error = {
              code,
              message: `refused: ${code}`,
              ...(temporary === undefined ? {} : { temporary }),
              ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
            };
            return settle(null, { ok: false, error });
          },
          lose: () => settle(new Error("operation has timed out")),
        });
      },
    }),
  };
  // Only what `RoomSocket` picks is there; its types come from the real one, with overloads nobody needs here.
  const socket = stock as unknown as RoomSocket;
  const client = createRoomClient(socket, {
    pause(failed, retryAfterMs) {
      failures.push(failed);
      waits.push(retryAfterMs);
      return new Promise((resume) => pauses.push(resume));
    },
    ...settings,
  });

  return {
    client,
    events,
    requests,
    emitted,
    /** How many failures in a row each pause was for. */
    failures,
    /** What the server had asked to wait before each of them. */
    waits,
    /** The newest request, which must be for the given event. */
    last(event: string): Request {
      const request = requests.at(-1);
      if (request?.event !== event) throw new Error(`the last request is ${request?.event}, not ${event}`);
      return request;
    },
    send: (batch: object) => events.emit("messages", { room: "r", epoch: "e", ...batch }),
    async resume() {
      for (const resume of pauses.splice(0)) resume();
      await turns();
    },
    async connection(up: boolean) {
      connected = up;
      if (up) events.emit("connect");
      await turns();
    },
  };
}

export function wire(seq: number): Message {
  return { seq, id: `m${seq}`, from: "ann", at: "2026-01-01T00:00:00.000Z", body: seq };
}

/** A page as the server answers with it: all there is in (after, to]. */
export function pageOf(after: number, to: number, live = true, epoch = "e"): object {
  const messages = Array.from({ length: to - after }, (_, index) => wire(after + index + 1));
  return { epoch, after, to, messages, live };
}
