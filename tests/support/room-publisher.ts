import { eventually } from "./wait.js";

const BOB = { "X-User-Id": "bob" };

/** Stores a message over HTTP, with its id as its body; asks again until that is confirmed, as a client has to. */
export async function publish(
  url: string,
  room: string,
  id: string,
  caller: Readonly<Record<string, string>> = BOB,
): Promise<void> {
  await eventually(async () => {
    const answer = await fetch(`${url}/rooms/${room}/messages`, {
      method: "POST",
      headers: { ...caller, "Content-Type": "application/json" },
      body: JSON.stringify({ id, body: id }),
    });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining(id)]);
  });
}

/** Somebody who publishes one message after the other. */
export interface RoomPublisher {
  /** Resolves once so many more are acknowledged. */
  more(count: number): Promise<void>;
  /** Ends it; gives the ids of all that were acknowledged, in their order. */
  stop(): Promise<readonly string[]>;
}

export function publishOnAndOn(url: string, room: string): RoomPublisher {
  const acknowledged: string[] = [];
  let stopped = false;

  async function run(): Promise<void> {
    while (!stopped) {
      const id = `m${acknowledged.length + 1}`;
      await publish(url, room, id);
      acknowledged.push(id);
    }
  }
  const running = run();
  running.catch(() => {}); // whoever stops it hears of that
  return {
    more(count) {
      const until = acknowledged.length + count;
      return eventually(() => expect(acknowledged.length).toBeGreaterThan(until));
    },
    async stop() {
      stopped = true;
      await running;
      return acknowledged;
    },
  };
}
