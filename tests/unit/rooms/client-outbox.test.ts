import { createManualServer } from "./support/manual-server.js";

const idsOf = (payload: Record<string, unknown>) =>
  (payload.messages as readonly { readonly id: string }[]).map(({ id }) => id);

describe("publishing with the client library", () => {
  test("a message resolves with its number and id once the server has confirmed it", async () => {
    const server = createManualServer();
    const sent = server.client.room("r").publish({ text: "hi" });
    const { payload } = server.last("publish");
    const [id] = idsOf(payload);

    await server.last("publish").ok({ seqs: [7] });

    expect(payload).toMatchObject({ room: "r", messages: [{ body: { text: "hi" } }], retry: false });
    expect(id).toMatch(/^[A-Za-z0-9_.:@-]{20,64}$/);
    await expect(sent).resolves.toEqual({ seq: 7, id });
  });

  test("ids of two messages differ and ascend with time", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    const first = room.publish(1);
    await server.last("publish").ok({ seqs: [1] });
    await new Promise((resolve) => setTimeout(resolve, 2));
    const second = room.publish(2);
    await server.last("publish").ok({ seqs: [2] });

    expect((await first).id < (await second).id).toBe(true);
  });

  test("one batch is in flight, and the next holds all that came meanwhile", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    const all = ["a", "b", "c"].map((id) => room.publish(id, id));
    expect(server.requests.map(({ payload }) => idsOf(payload))).toEqual([["a"]]);

    await server.last("publish").ok({ seqs: [1] });
    await server.last("publish").ok({ seqs: [2, 3] });

    expect(server.requests.map(({ payload }) => idsOf(payload))).toEqual([["a"], ["b", "c"]]);
    expect((await Promise.all(all)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("a batch has at most 50 messages and the configured size", async () => {
    const server = createManualServer({ maxBytes: 100 });
    const room = server.client.room("r");
    for (let n = 0; n < 60; n += 1) void room.publish(1, `small-${n}`);
    for (const id of ["x", "y", "z"]) void room.publish("x".repeat(40), id);

    await server.last("publish").ok({ seqs: [1] });
    expect(idsOf(server.last("publish").payload)).toHaveLength(50);
    await server.last("publish").ok({ seqs: Array(50).fill(1) });
    expect(idsOf(server.last("publish").payload).slice(-3)).toEqual(["small-59", "x", "y"]);
  });

  test("without an answer the same messages go again in the same order, marked as a repetition", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    const first = room.publish(1, "a");
    void room.publish(2, "b");

    await server.last("publish").lose();
    expect(server.requests).toHaveLength(1);
    await server.resume();

    expect(server.last("publish").payload).toMatchObject({ retry: true });
    expect(idsOf(server.last("publish").payload)).toEqual(["a", "b"]);
    await server.last("publish").ok({ seqs: [4, 5] });
    await expect(first).resolves.toMatchObject({ seq: 4 });
  });

  test("a refusal that may change is repeated for ever", async () => {
    const server = createManualServer();
    const sent = server.client.room("r").publish(1, "a");

    for (let n = 0; n < 20; n += 1) {
      if (n % 2 === 0) await server.last("publish").refuse("temporary", true);
      else await server.last("publish").refuse("what an older server did not say it of");
      await server.resume();
    }
    await server.last("publish").ok({ seqs: [1] });

    await expect(sent).resolves.toMatchObject({ seq: 1 });
    expect(server.requests).toHaveLength(21);
  });

  test.each(["forbidden", "internal", "a_code_of_tomorrow"])(
    "a refusal that no repetition changes rejects, whatever its code: %s",
    async (code) => {
      const server = createManualServer();
      const sent = server.client.room("r").publish(1, "a");
      const refusal = expect(sent).rejects.toMatchObject({ code });

      await server.last("publish").refuse(code, false);
      await server.resume();

      await refusal;
      expect(server.requests).toHaveLength(1);
    },
  );

  test.each([[{}], [{ ok: false }], [{ ok: false, error: null }]])(
    "an answer that says nothing, %j, is no answer",
    async (answer) => {
      const server = createManualServer();
      const sent = server.client.room("r").publish(1, "a");

      await server.last("publish").ok({ ok: undefined, ...answer });
      await server.resume();
      await server.last("publish").ok({ seqs: [1] });

      await expect(sent).resolves.toMatchObject({ seq: 1 });
    },
  );

  test("pauses grow with each failure in a row, and start afresh after a success", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    void room.publish(1);
    for (let n = 0; n < 3; n += 1) {
      await server.last("publish").lose();
      await server.resume();
    }
    await server.last("publish").ok({ seqs: [1] });

    void room.publish(2);
    await server.last("publish").lose();

    expect(server.failures).toEqual([0, 1, 2, 0]);
  });

  test("while the connection is down nothing is sent, and all of it after", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    await server.connection(false);
    const sent = room.publish(1, "a");
    expect(server.requests).toEqual([]);

    await server.connection(true);
    await server.last("publish").ok({ seqs: [1] });

    await expect(sent).resolves.toMatchObject({ seq: 1 });
  });

  test("a message refused for good rejects alone, and those around it are sent in their order", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    void room.publish(0, "first");
    const [a, bad, c, d] = ["a", "bad", "c", "d"].map((id) => room.publish(id, id));
    const refusal = expect(bad).rejects.toMatchObject({ code: "too_large", message: "refused: too_large" });
    await server.last("publish").ok({ seqs: [1] });

    await server.last("publish").refuse("invalid", false);
    await server.last("publish").ok({ seqs: [2] });
    await server.last("publish").refuse("too_large", false);
    await server.last("publish").ok({ seqs: [3] });
    await server.last("publish").ok({ seqs: [4] });

    await refusal;
    expect((await Promise.all([a, c, d])).map((sent) => sent?.seq)).toEqual([2, 3, 4]);
    expect(server.requests.slice(2).map(({ payload }) => idsOf(payload))).toEqual([
      ["a"],
      ["bad"],
      ["c"],
      ["d"],
    ]);
  });

  test("a full outbox says so", async () => {
    const server = createManualServer({ maxOutbox: 2 });
    await server.connection(false);
    const room = server.client.room("r");
    void room.publish(1);
    void room.publish(2);

    await expect(room.publish(3)).rejects.toMatchObject({ code: "outbox_full" });

    await server.connection(true);
    await server.last("publish").ok({ seqs: [1, 2] });
    void room.publish(4, "d");
    expect(idsOf(server.last("publish").payload)).toEqual(["d"]);
  });

  test("closing rejects what is not confirmed", async () => {
    const server = createManualServer();
    const room = server.client.room("r");
    const [inFlight, waiting] = [room.publish(1), room.publish(2)];
    const outcomes = Promise.allSettled([inFlight, waiting]);

    room.close();
    await server.last("publish").ok({ seqs: [1] });

    expect((await outcomes).map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
      "closed",
      "closed",
    ]);
    expect(server.requests).toHaveLength(1);
  });

  test.each([true, false])("publishing to a closed room is refused, with the link up: %s", async (up) => {
    const server = createManualServer();
    const room = server.client.room("r");
    room.close();
    await server.connection(up);

    await expect(room.publish(1)).rejects.toMatchObject({ code: "closed" });

    expect(server.requests).toEqual([]);
  });
});
