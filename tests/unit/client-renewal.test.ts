import { EventEmitter } from "node:events";
import { type SessionSocket, signIn } from "../../client/sign-in.js";
import { eventually } from "../support/wait.js";

/** A stock socket, all that is sent on it to sign in, and what makes it do so; `answers` are the server's to renewals, in their order. */
function stockSocket(answers: object[]) {
  const sent: unknown[] = [];
  const emit = (_event: string, payload: object, hear: (error: null, answer: unknown) => void) => {
    sent.push(payload);
    hear(null, answers.shift());
  };
  const events = Object.assign(new EventEmitter(), { connected: true, id: "s", timeout: () => ({ emit }) });
  const socket = events as unknown as SessionSocket;
  const connect = () =>
    (socket.auth as (send: (auth: object) => void) => void)((auth) => void sent.push(auth));
  const expire = () => events.emit("auth_expiring", { expiresAt: new Date().toISOString() });
  return { socket, sent, connect, expire };
}

test("a renewal that is refused for the rate is sent again after the wait, with a token as before", async () => {
  const limited = { ok: false, error: { code: "rate_limited", temporary: true, retryAfterMs: 700 } };
  const bad = { ok: false, error: { code: "unauthenticated", temporary: false } };
  const answers: object[] = [limited, bad, { ok: true }];
  const asked: boolean[] = [];
  const waits: (number | undefined)[] = [];
  const { socket, expire } = stockSocket(answers);
  const end = signIn(socket, {
    getToken: (isRefused) => {
      asked.push(isRefused);
      return "token";
    },
    pause: async (_failures, retryAfterMs) => void waits.push(retryAfterMs),
  });

  expire();
  await eventually(() => expect(answers).toEqual([]));
  end();

  expect(asked).toEqual([false, false, true]);
  expect(waits).toEqual([700, undefined]);
});

test("when a token expires, a cache that gives it once more is asked to be passed by, once", async () => {
  const answers: object[] = [{ ok: false, error: { code: "temporary", temporary: true } }, { ok: true }];
  const { socket, sent, connect, expire } = stockSocket(answers);
  const asked: boolean[] = [];
  let cached = "old";
  const end = signIn(socket, {
    getToken: (isRefused) => {
      asked.push(isRefused);
      if (isRefused) cached = `new ${asked.length}`;
      return cached;
    },
    pause: async () => {},
  });
  connect();
  await eventually(() => expect(sent).toEqual([{ token: "old" }]));

  expire();
  await eventually(() => expect(answers).toEqual([]));
  end();

  expect(sent).toEqual([{ token: "old" }, { token: "new 3" }, { token: "new 3" }]);
  expect(asked).toEqual([false, false, true, false]);
});

test("an attempt that was overtaken leaves nothing behind, whenever its token comes", async () => {
  const tokens: ((token: string) => void)[] = [];
  const { socket, sent, connect, expire } = stockSocket([{ ok: true }]);
  const getToken = () => new Promise<string>((resolve) => tokens.push(resolve));
  const end = signIn(socket, { getToken, pause: async () => {} });
  connect();
  connect();
  await eventually(() => expect(tokens).toHaveLength(2));
  tokens[1]?.("second");
  await eventually(() => expect(sent).toEqual([{ token: "second" }]));
  tokens[0]?.("first");
  expire();
  await eventually(() => expect(tokens).toHaveLength(3));
  connect(); // of a new connection, while the renewal asks
  await eventually(() => expect(tokens).toHaveLength(4));
  tokens[2]?.("third");
  tokens[3]?.("fourth");

  await eventually(() => expect(sent).toEqual([{ token: "second" }, { token: "fourth" }]));
  end();
  expect(tokens).toHaveLength(4);
});
