import { z } from "zod";
import { features } from "../../src/app/features.js";
import { room } from "../../src/contract/access.js";
import { emitted } from "../../src/contract/emitted.js";
import { AppError } from "../../src/contract/errors.js";
import { event } from "../../src/contract/event.js";
import { type Feature, feature } from "../../src/contract/feature.js";
import type { Asked } from "../../src/contract/operations.js";
import { namedRoom } from "../../src/contract/room-schemas.js";
import { type Client, type ClientOptions, connectClient, emitAck } from "../support/connect-client.js";
import { startMongo } from "../support/mongo.js";
import { type RunningWorker, startWorker } from "../support/start-worker.js";
import { eventually, once } from "../support/wait.js";

/** What the application's rule refuses, by user: operations, or that it cannot be known. */
const refused = new Map<string, readonly string[] | "unknown">();
let recheck: (scope: { room?: string; user?: string }) => Promise<void>;

const posted = emitted("board:posted", { summary: "For the test.", payload: namedRoom });

const board: Feature = feature("board", {
  create: ({ access, send }) => {
    recheck = access.recheck;
    return {
      emits: [posted],
      events: [
        event(
          "board:follow",
          {
            summary: "For the test.",
            access: room("manage"),
            payload: namedRoom,
            enters: ({ room }) => `app:board:${room}`,
          },
          ({ entry }) => void entry.enter(),
        ),
        event(
          "board:post",
          { summary: "For the test.", access: room("publish"), payload: namedRoom, ack: z.strictObject({}) },
          ({ payload }) => {
            send(`app:board:${payload.room}`, posted, payload);
            return {};
          },
        ),
      ],
      rule(user: string, { operation }: Asked) {
        const ofUser = refused.get(user) ?? [];
        if (ofUser === "unknown") throw new AppError("temporary");
        if (ofUser.includes(operation)) throw new AppError("forbidden");
      },
    };
  },
});

let worker: RunningWorker;

beforeAll(async () => {
  worker = await startWorker({
    mongodbUri: (await startMongo()).uriFor(),
    features: [...features, board],
  });
});

beforeEach(() => refused.clear());

interface Member extends Client {
  /** Every event that it got after its session, in order, by name. */
  readonly heard: string[];
  readonly closed: object[];
}

let names = 0;

async function connect(user = `user-${++names}`, options: ClientOptions = {}): Promise<Member> {
  const client = await connectClient(worker.url, { auth: { user }, ...options });
  const heard: string[] = [];
  const closed: object[] = [];
  client.socket.onAny((name: string, payload: object) => {
    heard.push(name);
    if (name === "room_closed") closed.push(payload);
  });
  return Object.assign(client, { heard, closed });
}

async function sure(member: Client, name: string, payload: object): Promise<void> {
  await expect(emitAck(member.socket, name, payload)).resolves.toMatchObject({ ok: true });
}

const messages = [{ id: "1", body: "hello" }];

describe.each(["websocket", "polling"])(
  "over %s, a right that ends while the connection lives",
  (transport) => {
    let name: string;
    let user: string;
    let member: Member;
    let other: Member;

    beforeEach(async () => {
      name = `room-${++names}`;
      user = `user-${++names}`;
      [member, other] = await Promise.all([connect(user, { transports: [transport] }), connect()]);
      for (const one of [member, other]) {
        await sure(one, "subscribe", { room: name });
        await sure(one, "presence", { room: name, watch: true });
        await sure(one, "join", { room: name });
        await sure(one, "board:follow", { room: name });
      }
      await eventually(async () => {
        const { users } = await emitAck<{ users: string[] }>(other.socket, "presence", { room: name });
        expect(users).toContain(user);
      });
    });

    /** Everything that the room can show, seen by the other one. */
    async function everythingHappens(): Promise<void> {
      const visitor = await connect();
      other.heard.length = 0;
      await sure(visitor, "publish", { room: name, messages });
      await sure(visitor, "subscribe", { room: name });
      await sure(visitor, "join", { room: name });
      await sure(visitor, "message", { room: name, body: "hi" });
      await sure(visitor, "board:post", { room: name });
      await eventually(() => {
        expect(new Set(other.heard)).toEqual(new Set(["messages", "presence", "message", "board:posted"]));
      });
      // Whatever was sent to the member before has come by then.
      await sure(member, "leave", { room: "none" });
    }

    test("ends its subscription, its watch, the room that is relayed to and what the application let it into", async () => {
      refused.set(user, ["subscribe", "watch", "join", "manage"]);

      await recheck({ user, room: name });

      await eventually(() => expect(member.closed).toHaveLength(4));
      member.heard.length = 0;
      await everythingHappens();
      expect(member.heard).toEqual([]);
      expect(member.closed).toEqual(
        expect.arrayContaining(
          ["subscribe", "watch", "join", "manage"].map((operation) => ({
            room: name,
            operation,
            code: "forbidden",
          })),
        ),
      );
      expect(other.closed).toEqual([]);
      const { users } = await emitAck<{ users: string[] }>(other.socket, "presence", { room: name });
      expect(users).not.toContain(user);
    });

    test.each(["room", "user", "everything"])("is found by what the recheck names: %s", async (by) => {
      refused.set(user, ["subscribe"]);
      const scope = { room: { room: name }, user: { user }, everything: {} }[by] ?? {};

      await recheck(scope);

      await eventually(() =>
        expect(member.closed).toEqual([{ room: name, operation: "subscribe", code: "forbidden" }]),
      );
      await everythingHappens();
      expect(member.heard.filter((event) => event === "messages")).toEqual([]);
      expect(new Set(member.heard)).toEqual(new Set(["room_closed", "presence", "message", "board:posted"]));
      expect(other.closed).toEqual([]);
    });

    test("stays when a recheck is about others, or while it cannot be known", async () => {
      refused.set(user, "unknown");

      await Promise.all([recheck({ user }), recheck({ user: "nobody" }), recheck({ room: "nowhere" })]);
      refused.set(user, ["subscribe", "watch", "join", "manage"]);
      await Promise.all([recheck({ user: "nobody" }), recheck({ room: "nowhere" })]);
      refused.delete(user);
      await recheck({ user });

      member.heard.length = 0;
      await everythingHappens();
      expect(new Set(member.heard)).toEqual(new Set(["messages", "presence", "message", "board:posted"]));
    });

    test("ends once what could not be known is known, without another recheck", async () => {
      refused.set(user, "unknown");
      await recheck({ user });
      expect(member.closed).toEqual([]);
      const [closing] = await Promise.all([
        once(member.socket, "room_closed"),
        Promise.resolve(refused.set(user, ["subscribe"])),
      ]);

      expect(closing).toEqual([{ room: name, operation: "subscribe", code: "forbidden" }]);
    });

    test("is noticed, too, when another request in the room is refused", async () => {
      refused.set(user, ["subscribe", "presence"]);

      const answer = await emitAck(member.socket, "presence", { room: name });

      expect(answer).toMatchObject({ ok: false, error: { code: "forbidden" } });
      expect(member.closed).toEqual([{ room: name, operation: "subscribe", code: "forbidden" }]);
      // Watching, which is still allowed, goes on.
      member.heard.length = 0;
      await everythingHappens();
      expect(new Set(member.heard)).toEqual(new Set(["presence", "message", "board:posted"]));
    });
  },
);
