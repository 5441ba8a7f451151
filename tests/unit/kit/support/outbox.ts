import { createKeptOutbox } from "../../../../client/kit/kept-outbox.js";
import type { OutboxBounds, Outcome } from "../../../../client/kit/pending.js";
import { createWriter } from "../../../../client/kit/writer.js";
import type { KeptMessage } from "../../../../client/stores/store.js";
import { onEnd } from "../../../support/cleanup.js";
import { createManualServer } from "../../rooms/support/manual-server.js";
import type { Bookshelf } from "./bookshelf.js";

/** As long as what is on its way to the store and back takes. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** An outbox of `ann`, whose server is the test; of nobody yet with `null`. */
export async function openOutbox(
  shelf: Bookshelf,
  bounds: Partial<OutboxBounds> = {},
  owner: string | null = "ann",
) {
  const server = createManualServer({ maxOutbox: Infinity });
  const writer = createWriter(shelf.store);
  const all = { expiryMs: Infinity, maxMessages: 1000, maxBytes: 1_000_000, ...bounds };
  const outbox = createKeptOutbox(writer, server.client.sender, all);
  const outcomes: string[] = [];
  const told: Outcome[] = [];
  outbox.onOutcome((one) => {
    told.push(one);
    outcomes.push(`${one.outcome} ${String(one.body)}`);
  });
  if (owner !== null) outbox.open(owner);
  await turns();
  onEnd(outbox.close);
  return {
    server,
    writer,
    outbox,
    outcomes,
    told,
    states: (room?: string) => outbox.pending(room).map(({ body, state }) => `${String(body)} ${state}`),
    /** Bodies of the messages of the newest publish. */
    sent: () => bodiesOf(server.last("publish").payload),
    /** All bodies that were ever sent, publish by publish. */
    allSent: () => server.requests.map(({ payload }) => bodiesOf(payload)),
    async confirm(...seqs: number[]) {
      await server.last("publish").ok({ seqs });
      await turns();
    },
  };
}

export const bodiesOf = (payload: Record<string, unknown>): unknown[] =>
  (payload.messages as readonly { readonly body: unknown }[]).map(({ body }) => body);

/** A message of room `r`, whose id is its body, as an earlier client has left it. */
export const kept = (body: string, order: number, more: Partial<KeptMessage> = {}): KeptMessage => ({
  ...{ id: body, room: "r", body, order, at: Date.now(), state: "waiting" },
  ...more,
});

/** What a publish will come to; its rejection is no failure of the test. */
export const outcomeOf = (publish: Promise<{ seq: number }>): Promise<number | string> =>
  publish.then(
    ({ seq }) => seq,
    ({ code }: { code: string }) => code,
  );
