import { EventEmitter } from "node:events";
import { type SessionSocket, signIn } from "../../client/sign-in.js";
import { eventually } from "../support/wait.js";

test("a renewal that is refused for the rate is sent again after the wait, with a token as before", async () => {
  const limited = { ok: false, error: { code: "rate_limited", temporary: true, retryAfterMs: 700 } };
  const bad = { ok: false, error: { code: "unauthenticated", temporary: false } };
  const answers: object[] = [limited, bad, { ok: true }];
  const asked: boolean[] = [];
  const waits: (number | undefined)[] = [];
  const emit = (_event: string, _payload: object, hear: (error: null, answer: unknown) => void) =>
    hear(null, answers.shift());
  const events = new EventEmitter();
  const stock = Object.assign(events, { connected: true, id: "s", timeout: () => ({ emit }) });
  const end = signIn(stock as unknown as SessionSocket, {
    getToken: (isRefused) => {
      asked.push(isRefused);
      return `token ${asked.length}`;
    },
    pause: async (_failures, retryAfterMs) => void waits.push(retryAfterMs),
  });

  events.emit("auth_expiring", { expiresAt: new Date().toISOString() });
  await eventually(() => expect(answers).toEqual([]));
  end();

  expect(asked).toEqual([false, false, true]);
  expect(waits).toEqual([700, undefined]);
});

test("when a token expires, a cache that gives it once more is asked to be passed by, once", async () => {
  const answers: object[] = [{ ok: false, error: { code: "temporary", temporary: true } }, { ok: true }];
  const sent: unknown[] = [];
  const asked: boolean[] = [];
  const emit = (_event: string, payload: object, hear: (error: null, answer: unknown) => void) => {
    sent.push(payload);
    hear(null, answers.shift());
  };
  const events = new EventEmitter();
  const stock = Object.assign(events, { connected: true, id: "s", timeout: () => ({ emit }) });
  const socket = stock as unknown as SessionSocket;
  let cached = "old";
  const end = signIn(socket, {
    getToken: (isRefused) => {
      asked.push(isRefused);
      if (isRefused) cached = `new ${asked.length}`;
      return cached;
    },
    pause: async () => {},
  });
  (socket.auth as (send: (auth: object) => void) => void)((auth) => void sent.push(auth));
  await eventually(() => expect(sent).toEqual([{ token: "old" }]));

  events.emit("auth_expiring", { expiresAt: new Date().toISOString() });
  await eventually(() => expect(answers).toEqual([]));
  end();

  expect(sent).toEqual([{ token: "old" }, { token: "new 3" }, { token: "new 3" }]);
  expect(asked).toEqual([false, false, true, false]);
});

test("an attempt that was overtaken leaves nothing behind, whenever its token comes", async () => {
  const tokens: ((token: string) => void)[] = [];
  const sent: unknown[] = [];
  const emit = (_event: string, payload: object, hear: (error: null, answer: unknown) => void) => {
    sent.push(payload);
    hear(null, { ok: true });
  };
  const stock = Object.assign(new EventEmitter(), { connected: true, id: "s", timeout: () => ({ emit }) });
  const socket = stock as unknown as SessionSocket;
  const getToken = () => new Promise<string>((resolve) => tokens.push(resolve));
  const end = signIn(socket, { getToken, pause: async () => {} });
  const attempt = () =>
    (socket.auth as (send: (auth: object) => void) => void)((auth) => void sent.push(auth));

  attempt();
  attempt();
  await eventually(() => expect(tokens).toHaveLength(2));
  tokens[1]?.("second");
  await eventually(() => expect(sent).toEqual([{ token: "second" }]));
  tokens[0]?.("first");
  stock.emit("auth_expiring", { expiresAt: new Date().toISOString() });
  await eventually(() => expect(tokens).toHaveLength(3));
  attempt(); // of a new connection, while the renewal asks
  await eventually(() => expect(tokens).toHaveLength(4));
  tokens[2]?.("third");
  tokens[3]?.("fourth");

  await eventually(() => expect(sent).toEqual([{ token: "second" }, { token: "fourth" }]));
  end();
  expect(tokens).toHaveLength(4);
});
