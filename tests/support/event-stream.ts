import { get, type IncomingMessage } from "node:http";
import { onTestEnd } from "./cleanup.js";
import { eventually, once } from "./wait.js";

/** An event as it came. */
export interface Received {
  readonly id: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** The client's side of a stream of server-sent events. */
export interface EventStream {
  readonly response: IncomingMessage;
  /** All that has come. */
  readonly events: Received[];
  /** All lines that are none of an event: comments, and the time after which to come back. */
  readonly others: string[];
  /** Resolves once so many have come. */
  has(count: number): Promise<Received[]>;
  /** Resolves when the server has ended it in good order. */
  readonly ended: Promise<unknown>;
  /** Resolves when it is over, in whatever way. */
  readonly over: Promise<unknown>;
  close(): void;
}

/** Asks for a stream and reads it; it is given up with the test. */
export async function openStream(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  const request = get(url, { headers, agent: false });
  const close = (): void => void request.destroy();
  onTestEnd(close);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const events: Received[] = [];
  const others: string[] = [];
  const ended = new Promise((resolve) => response.once("end", resolve));
  const over = new Promise((resolve) => response.once("close", resolve));
  response.on("error", () => {}); // "close" follows
  let rest = "";
  response.setEncoding("utf8").on("data", (text: string) => {
    const blocks = `${rest}${text}`.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = new Map(
        block.split("\n").map((line) => [line.split(":", 1)[0], line.slice(line.indexOf(":") + 2)]),
      );
      const data = fields.get("data");
      if (data === undefined) others.push(block);
      else
        events.push({
          id: fields.get("id") ?? "",
          event: fields.get("event") ?? "message",
          data: JSON.parse(data),
        });
    }
  });
  return {
    ...{ response, events, others, ended, over, close },
    async has(count) {
      await eventually(() => expect(events.length).toBeGreaterThanOrEqual(count));
      return events;
    },
  };
}

/** A reader that comes back behind the last event that it has had, however often its stream ends, until it is closed. */
export interface ReturningReader {
  readonly events: readonly Received[];
  /** How often it has come. */
  readonly visits: number;
  close(): void;
}

/** Time between two visits, in milliseconds. */
const BACK_AFTER_MS = 50;

export function readAgainAndAgain(url: string, headers: Readonly<Record<string, string>>): ReturningReader {
  const events: Received[] = [];
  let visits = 0;
  let present: EventStream | undefined;
  let closed = false;

  async function visit(): Promise<void> {
    const last = events.at(-1)?.id;
    visits += 1;
    present = await openStream(url, { ...headers, ...(last === undefined ? {} : { "Last-Event-ID": last }) });
    if (closed) present.close();
    await present.over;
    events.push(...present.events);
    present = undefined;
  }

  async function run(): Promise<void> {
    while (!closed) {
      await visit().catch(() => {}); // nobody was there
      await new Promise((resolve) => setTimeout(resolve, BACK_AFTER_MS));
    }
  }

  void run();
  return {
    get events() {
      return [...events, ...(present?.events ?? [])];
    },
    get visits() {
      return visits;
    },
    close() {
      closed = true;
      present?.close();
    },
  };
}
