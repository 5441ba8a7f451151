import { randomUUID } from "node:crypto";
import { createRoomClient, type Message, type Room } from "../../client/room-client.js";
import { onTestEnd } from "./cleanup.js";
import { startCrowd } from "./nginx-crowd.js";
import { eventually } from "./wait.js";

const CONNECT_WITHIN_MS = 20_000;
const READERS = 6;
const PUBLISH_EVERY_MS = 40;

/** What is said in a durable room while things happen, and what each reader got. */
export interface Talk {
  /** Ends the talk and checks that every reader has every acknowledged message once, in order. */
  finish(): Promise<void>;
  readonly acknowledged: number;
}

/** Some clients that speak and read. Ends with the test. */
export async function startTalk(url: string): Promise<Talk> {
  const name = `talk-${randomUUID()}`;
  const acknowledged = new Map<number, string>();
  const failures: string[] = [];
  const crowd = startCrowd({ url, named: true, count: READERS, user: (index) => `reader-${index}` });
  await crowd.settled(CONNECT_WITHIN_MS);
  const received = crowd.visitors.map((): Message[] => []);
  const rooms = crowd.visitors.map(({ socket }, index): Room => {
    const client = createRoomClient(socket);
    onTestEnd(() => client.close());
    const onMessage = (message: Message) => void received[index]?.push(message);
    return client.room(name, { start: { after: 0 }, onMessage });
  });
  const open = new Set<Promise<void>>();
  let count = 0;

  function say(): void {
    const room = rooms[count % rooms.length] as Room;
    const saying = room
      .publish({ n: count++ })
      .then(({ seq, id }) => void acknowledged.set(seq, id))
      .catch((error: unknown) => void failures.push(String(error)))
      .finally(() => open.delete(saying));
    open.add(saying);
  }
  const timer = setInterval(say, PUBLISH_EVERY_MS);
  onTestEnd(() => clearInterval(timer));

  return {
    get acknowledged() {
      return acknowledged.size;
    },
    async finish() {
      clearInterval(timer);
      await eventually(() => expect(open.size).toBe(0), { withinMs: 15_000 });
      expect(failures).toEqual([]);
      expect(acknowledged.size).toBe(count);
      const inOrder = [...acknowledged.entries()].sort(([one], [other]) => one - other);
      const wanted = inOrder.map(([seq, id]) => `${seq} ${id}`);
      for (const messages of received) {
        await eventually(() => expect(messages.length).toBeGreaterThanOrEqual(wanted.length), {
          withinMs: 10_000,
        });
        expect(messages.map(({ seq, id }) => `${seq} ${id}`)).toEqual(wanted);
      }
    },
  };
}
