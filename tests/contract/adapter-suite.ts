import { type Client, emitAck } from "../support/connect-client.js";
import { crosses } from "../support/crossing.js";
import { eventually } from "../support/wait.js";

/** What joins workers, seen from outside. */
export interface Topology {
  /** How many workers it joins. */
  readonly workers: number;
  /** A new client on the given worker, from 1. */
  connect(worker: number): Promise<Client>;
}

interface Message {
  readonly from: string;
  readonly room?: string;
  readonly body: unknown;
}

/** A client with all that it has heard so far. */
interface Listener {
  readonly client: Client;
  readonly heard: Message[];
}

/** Default of MESSAGE_LIMIT_BYTES. */
const LIMIT_BYTES = 65_536;
const HEARD_WITHIN_MS = 15_000;

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

function listen(client: Client): Listener {
  const heard: Message[] = [];
  client.socket.on("message", (message: Message) => heard.push(message));
  return { client, heard };
}

const send = ({ client }: Listener, message: { body: unknown; room?: string }) =>
  expect(emitAck(client.socket, "message", message, HEARD_WITHIN_MS)).resolves.toMatchObject({ ok: true });

const join = ({ client }: Listener, room: string) =>
  expect(emitAck(client.socket, "join", { room })).resolves.toEqual({ ok: true, room });

const leave = ({ client }: Listener, room: string) =>
  expect(emitAck(client.socket, "leave", { room })).resolves.toEqual({ ok: true, room });

const bodies = ({ heard }: Listener) => heard.map(({ body }) => body);

/** Every listener hears exactly these bodies of `sender`, then its marker: nothing else came before, and nothing twice. */
async function hearExactly(sender: Listener, expected: ReadonlyMap<Listener, unknown[]>): Promise<void> {
  await send(sender, { body: "marker" });
  for (const [listener, said] of expected) {
    await eventually(() => expect(bodies(listener)).toContain("marker"), { withinMs: HEARD_WITHIN_MS });
    expect(bodies(listener)).toEqual([...said, "marker"]);
  }
}

/** Sends to the room until every member hears it: a subscription comes into force a little after the join. */
async function settle(sender: Listener, room: string, members: readonly Listener[]): Promise<void> {
  await eventually(
    async () => {
      await send(sender, { room, body: "probe" });
      for (const { heard } of members) expect(heard.some((message) => message.room === room)).toBe(true);
    },
    { withinMs: HEARD_WITHIN_MS, everyMs: 50 },
  );
  await send(sender, { body: "settled" });
  for (const listener of members) {
    await eventually(() => expect(bodies(listener)).toContain("settled"), { withinMs: HEARD_WITHIN_MS });
    listener.heard.length = 0;
  }
}

/** What clients may expect of every way to join workers, while all is well. `topology` may be used in tests only. */
export function adapterContract(topology: () => Topology): void {
  /** Two clients on each worker; those with an even index are on different ones. */
  async function everywhere(): Promise<readonly [Listener, ...Listener[]]> {
    const { workers, connect } = topology();
    const places = upTo(2 * workers).map((index) => 1 + Math.floor(index / 2));
    const listeners = (await Promise.all(places.map(connect))).map(listen);
    const [first, ...others] = listeners;
    if (first === undefined) throw new RangeError("a topology has at least one worker");
    for (const { client } of others) await crosses(first.client, client);
    for (const listener of listeners) listener.heard.length = 0;
    return [first, ...others];
  }

  /** As a marker, but for listeners that have heard leftovers of joining. */
  async function quiet(sender: Listener, others: readonly Listener[]): Promise<void> {
    await send(sender, { body: "quiet" });
    for (const listener of others) {
      await eventually(() => expect(bodies(listener)).toContain("quiet"), { withinMs: HEARD_WITHIN_MS });
      listener.heard.length = 0;
    }
  }

  test("a message reaches every other client once, and its sender never", async () => {
    const [sender, ...others] = await everywhere();
    await quiet(sender, others);

    await send(sender, { body: "to all" });

    await hearExactly(sender, new Map(others.map((other) => [other, ["to all"]])));
    expect(sender.heard).toEqual([]);
    expect(others[0]?.heard[0]).toMatchObject({ from: sender.client.session.id });
  });

  test("a message to a room reaches its other members once, on every worker, and nobody else", async () => {
    const [sender, ...others] = await everywhere();
    const members = others.filter((_other, index) => index % 2 === 0);
    for (const member of [sender, ...members]) await join(member, "room");
    await settle(sender, "room", members);
    await quiet(sender, others);

    await send(sender, { room: "room", body: "to the room" });

    const said = (other: Listener) => (members.includes(other) ? ["to the room"] : []);
    await hearExactly(sender, new Map(others.map((other) => [other, said(other)])));
    expect(sender.heard).toEqual([]);
  });

  test("who has left a room hears it no more, and again after joining again", async () => {
    const [sender, ...others] = await everywhere();
    const leaver = others.at(-1) as Listener;
    await join(sender, "revolving");
    await join(leaver, "revolving");
    await settle(sender, "revolving", [leaver]);

    await leave(leaver, "revolving");
    await send(sender, { room: "revolving", body: "while away" });
    await hearExactly(sender, new Map([[leaver, []]]));
    leaver.heard.length = 0;

    await join(leaver, "revolving");
    await settle(sender, "revolving", [leaver]);
    await send(sender, { room: "revolving", body: "back again" });
    await hearExactly(sender, new Map([[leaver, ["back again"]]]));
  });

  test("a body arrives as it was sent, whatever JSON it is", async () => {
    const [sender, ...others] = await everywhere();
    await quiet(sender, others);
    const said = [
      ...["", "ü 🐟 \u0000 \u2028 \ud800", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ‏עברית"],
      ...[0, -1.5e300, 2 ** 53, 0.1, true, false],
      ...[[], {}, [null, [null]], { null: null, "": "", a: { b: { c: [1, "2", null] } } }],
    ];

    for (const body of said) await send(sender, { body });

    await hearExactly(sender, new Map(others.map((other) => [other, said])));
  });

  test("a body of the largest size arrives whole", async () => {
    const [sender, ...others] = await everywhere();
    await quiet(sender, others);
    const largest = "é".repeat(LIMIT_BYTES / 2 - 1);

    await send(sender, { body: largest });

    await hearExactly(sender, new Map(others.map((other) => [other, [largest]])));
  });

  test("messages of one sender come in their order, also between senders that talk at once", async () => {
    const listeners = await everywhere();
    await quiet(listeners[0], listeners.slice(1));
    const numbers = upTo(100);

    for (const number of numbers) {
      for (const { client } of listeners) client.socket.emit("message", { body: number });
    }

    for (const { client, heard } of listeners) {
      const count = numbers.length * (listeners.length - 1);
      await eventually(() => expect(heard).toHaveLength(count), { withinMs: HEARD_WITHIN_MS });
      const senders = listeners
        .map((other) => other.client.session.id)
        .filter((id) => id !== client.session.id);
      for (const id of senders) {
        const said = heard.filter(({ from }) => from === id).map(({ body }) => body);
        expect(said).toEqual(numbers);
      }
    }
  });

  test("many rooms of one client are kept apart", async () => {
    const [sender, ...others] = await everywhere();
    const member = others.at(-1) as Listener;
    const rooms = upTo(100).map((index) => `many-${index}`);
    for (const room of rooms) await Promise.all([join(sender, room), join(member, room)]);
    await settle(sender, "many-99", [member]);
    for (const room of rooms.filter((_room, index) => index % 2 === 0)) await leave(member, room);

    for (const room of rooms) await send(sender, { room, body: room });

    await hearExactly(sender, new Map([[member, rooms.filter((_room, index) => index % 2 === 1)]]));
    expect(member.heard.slice(0, -1).every(({ room, body }) => room === body)).toBe(true);
  });

  test("a client that has gone is not missed", async () => {
    const [sender, leaver, ...others] = await everywhere();
    await quiet(sender, others);
    leaver?.client.socket.disconnect();

    await send(sender, { body: "to who is there" });

    await hearExactly(sender, new Map(others.map((other) => [other, ["to who is there"]])));
  });
}
