import type { Json } from "../contract.js";
import type { Client, ClientRoom, Status } from "../kit/client-types.js";
import type { Outcome, Pending, Stored } from "../kit/pending.js";
import type { Message, RoomError } from "../protocol.js";
import { createShared, type Shared, type Update } from "./shared.js";

export type RoomState = {
  /** In their order; the newest are the last. */
  readonly messages: readonly Message[];
  /** One's own that are not among `messages` yet, in their order. */
  readonly pending: readonly Pending[];
  readonly status: Status;
  /** Whether there may be something before the first message. */
  readonly hasOlder: boolean;
  /** Why the room cannot be read. */
  readonly error: RoomError | undefined;
};
export type RoomActions = {
  /** Sends a message. What becomes of it is seen in `pending`: nobody has to wait for what this returns. */
  publish(body: Json): Promise<Stored>;
  /** Puts earlier messages before the first one. */
  loadOlder(): Promise<void>;
  /** Sends one of `pending` again that has failed or expired. */
  resend(id: string): Promise<Stored>;
  discard(id: string): void;
};
export type RoomSource = Shared<RoomState> & { readonly actions: RoomActions };

const PAGE_MESSAGES = 50;
const NOTHING: RoomState = {
  messages: [],
  pending: [],
  status: "connecting",
  hasOlder: false,
  error: undefined,
};

/** Nobody has to handle what is shown anyway. */
function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** A room of a client, for all components that show it. */
export function createRoomSource(client: Client, name: string): RoomSource {
  let room: ClientRoom | undefined;
  let update: Update<RoomState> = () => {};

  function begin(change: Update<RoomState>): () => void {
    update = change;
    let incoming: Message[] = [];
    /** Stored and not read yet: without them they would be nowhere for a moment. */
    let stored: (Pending & { seq: number })[] = [];

    function show(): void {
      const added = incoming;
      incoming = [];
      const last = opened.position()?.last ?? 0;
      stored = stored.filter(({ seq }) => seq > last);
      change((state) => {
        const messages = added.length === 0 ? state.messages : [...state.messages, ...added];
        const isFirst = state.messages.length === 0 && messages.length > 0;
        const hasOlder = isFirst ? (messages[0]?.seq ?? 1) > 1 : state.hasOlder;
        const pending = stored.length === 0 ? opened.pending() : [...stored, ...opened.pending()];
        return { ...state, messages, hasOlder, pending, status: opened.status() };
      });
    }

    const opened = client.room(name, {
      start: { limit: PAGE_MESSAGES },
      onMessage(message) {
        if (incoming.length === 0) queueMicrotask(show);
        incoming.push(message);
      },
      onReset() {
        incoming = [];
        change((state) => ({ ...state, messages: [], hasOlder: false }));
      },
      onError: (error) => change((state) => ({ ...state, error })),
    });
    room = opened;
    const keepStored = (outcome: Outcome) => {
      if (outcome.room !== name || outcome.outcome !== "stored" || opened.status() === "unauthorized") return;
      const { id, body, at, seq } = outcome;
      if (seq > (opened.position()?.last ?? 0))
        stored.push({ id, room: name, body, at, seq, state: "waiting" });
      show();
    };
    const stops = [opened.onPending(show), opened.onStatus(show), client.outbox.onOutcome(keepStored)];
    show();
    return () => {
      for (const stop of stops) stop();
      room = undefined;
      opened.close();
    };
  }

  const shared = createShared(NOTHING, begin);
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    const first = shared.get().messages[0]?.seq;
    const epoch = room?.position()?.epoch;
    if (first === undefined || epoch === undefined) return;
    const query = { before: first, limit: PAGE_MESSAGES };
    const page = await client.api.get("/rooms/:room/messages", { params: { room: name }, query });
    if (!("more" in page) || page.epoch !== epoch) return;
    update((state) =>
      state.messages[0]?.seq === first
        ? { ...state, messages: [...page.messages, ...state.messages], hasOlder: page.more }
        : state,
    );
  }

  const actions: RoomActions = {
    publish: (body) => handled(client.publish(name, body)),
    loadOlder() {
      loading ??= load().finally(() => {
        loading = undefined;
      });
      return loading;
    },
    resend: (id) => handled(client.outbox.resend(id)),
    discard: client.outbox.discard,
  };
  return { ...shared, actions };
}
