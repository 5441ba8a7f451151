import { createManualServer } from "./support/manual-server.js";

describe("a body that is published with the client library", () => {
  test("a body that is too large for the connection is refused without being sent", async () => {
    const server = createManualServer({ maxBytes: 100 });

    await expect(server.client.room("r").publish("ü".repeat(60))).rejects.toMatchObject({
      code: "too_large",
    });

    expect(server.requests).toEqual([]);
  });

  test("what is sent and sent again is the body as it was at the call", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    const body = { marks: [1] };
    void room.publish(body, "a");
    void room.publish(body, "b");
    body.marks.push(2);

    await server.last("publish").lose();
    body.marks.push(3);
    await server.resume();

    const bodies = server.requests.map(({ payload }) => payload.messages);
    expect(bodies).toEqual([
      [{ id: "a", body: { marks: [1] } }],
      [
        { id: "a", body: { marks: [1] } },
        { id: "b", body: { marks: [1] } },
      ],
    ]);
  });

  test.each([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a bigint", 1n],
  ])("a body that is no JSON is refused without being sent: %s", async (_, body) => {
    const server = createManualServer();

    await expect(server.client.room("r").publish(body as never)).rejects.toMatchObject({ code: "invalid" });

    expect(server.requests).toEqual([]);
  });
});

describe("a message that waits in the client library", () => {
  test("a message that is not confirmed in time expires, and those behind it go on", async () => {
    const server = createManualServer({ expiryMs: 30 });
    await server.connection(false);
    const room = server.client.room("r");

    await expect(room.publish(1, "a")).rejects.toMatchObject({ code: "expired" });
    void room.publish(2, "b");
    await server.connection(true);

    expect(server.requests.map(({ payload }) => payload.messages)).toEqual([[{ id: "b", body: 2 }]]);
    await server.last("publish").ok({ seqs: [1] });
  });

  test.each([2 ** 31, 30 * 24 * 3_600_000, Number.MAX_SAFE_INTEGER])(
    "a time to expire of %i ms, longer than a timer can be, is kept",
    async (expiryMs) => {
      jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
      try {
        const server = createManualServer({ expiryMs });
        const expired = jest.fn();
        server.client.room("r").publish(1).catch(expired);

        await jest.advanceTimersByTimeAsync(Math.min(expiryMs, 60 * 24 * 3_600_000) - 1);
        expect(expired).not.toHaveBeenCalled();
        if (expiryMs > 60 * 24 * 3_600_000) return;
        await jest.advanceTimersByTimeAsync(1);
        expect(expired).toHaveBeenCalledWith(expect.objectContaining({ code: "expired" }));
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    },
  );

  test("a time to wait for an answer is never more than a timer can be", () => {
    const server = createManualServer({ ackTimeoutMs: Infinity });

    void server.client.room("r").publish(1);

    expect(server.last("publish").timeoutMs).toBe(2 ** 31 - 1);
  });

  test("a confirmed message leaves no timer", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
    try {
      const server = createManualServer({ expiryMs: 60_000 });
      void server.client.room("r").publish(1);
      expect(jest.getTimerCount()).toBe(1);

      await server.last("publish").ok({ seqs: [1] });

      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
