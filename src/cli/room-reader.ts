import type { Schemas } from "shoal/client";

export type Message = Schemas["StoredMessage"];
type Onwards = Schemas["PageOnwards"];
type Backwards = Schemas["PageBackwards"];
type Reset = Schemas["PageReset"];
/** What a look behind a place has brought. */
export type Page = Onwards | Reset;

/** How far a room was read; without an epoch no page of it was seen. */
export interface Place {
  readonly epoch: string | undefined;
  readonly after: number;
}

/** Reads pages of one room. Rejects with an `ApiError`. */
export interface Pages {
  after(place: Place): Promise<Page>;
  /** At most `limit` messages at the end. */
  newest(limit: number): Promise<Backwards>;
}

interface Query {
  readonly after?: number;
  readonly epoch?: string;
  readonly before?: number;
  readonly limit?: number;
}

/** Pages by a route that gives the kind of page that is asked for. */
export function pagesBy(read: (query: Query) => Promise<Onwards | Backwards | Reset>): Pages {
  return {
    after: async ({ after, epoch }) =>
      (await read({ after, ...(epoch === undefined ? {} : { epoch }) })) as Page,
    newest: async (limit) => (await read({ before: Number.MAX_SAFE_INTEGER, limit })) as Backwards,
  };
}

/** Where reading goes on behind a page. After a reset that is the first message that there is. */
export function placeAfter(page: Page, { after }: Place): Place {
  const epoch = page.epoch ?? undefined;
  if ("reset" in page) return { epoch, after: page.floor };
  return { epoch, after: Math.max(after, page.to) };
}

/** A message as a person reads it, in one line. */
export function inWords({ seq, at, from, body }: Message): string {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return `${seq}  ${at}  ${from}: ${printable(text)}`;
}

/** What others have written must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1));
}
