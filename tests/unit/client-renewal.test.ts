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
      return "token";
    },
    pause: async (_failures, retryAfterMs) => void waits.push(retryAfterMs),
  });

  events.emit("auth_expiring", { expiresAt: new Date().toISOString() });
  await eventually(() => expect(answers).toEqual([]));
  end();

  expect(asked).toEqual([false, false, true]);
  expect(waits).toEqual([700, undefined]);
});
