import { readConfig } from "../../../src/engine/config/config.js";
import { chargeMessages } from "../../../src/engine/trust/limits/charge.js";
import { createLimits } from "../../../src/engine/trust/limits/limits.js";

function world() {
  const { rates } = readConfig({ RATE_USER_EVENTS: "10,5", RATE_ROOM_PUBLISH: "10,5" });
  const { events, messages } = createLimits(rates, { refused: () => {} }, () => 0);
  const publish = (published: Record<string, number>) => {
    const all = Object.entries(published).map(([room, count]) => ({ room, messages: count }));
    events.take("ann");
    chargeMessages(all, messages, { limit: events, key: "ann" });
  };
  return { events, messages, publish };
}

test("a batch costs its user and its room what it has messages", () => {
  const { events, messages, publish } = world();
  publish({ kitchen: 3 });

  expect(new Map(events.headers("ann")).get("RateLimit")).toContain("r=2;");
  expect(new Map(messages.headers("kitchen")).get("RateLimit")).toContain("r=2;");
  expect(new Map(messages.headers("hall")).get("RateLimit")).toContain("r=5;");
});

test("a batch into several rooms is refused as a whole when one of them has none left, and charges nothing", () => {
  const { events, messages, publish } = world();
  messages.charge("kitchen", 5);

  expect(() => publish({ hall: 2, kitchen: 1 })).toThrow(
    expect.objectContaining({ code: "rate_limited", retryAfterMs: 100 }),
  );
  expect(new Map(messages.headers("hall")).get("RateLimit")).toContain("r=5;");
  expect(new Map(events.headers("ann")).get("RateLimit")).toContain("r=4;");
});

test("of batches that come at once one is let in, and what is refused of them costs no room", () => {
  const { events, messages } = world();
  const payer = { limit: events, key: "ann" };
  for (let n = 0; n < 4; n += 1) expect(events.take("ann")).toBe(0);
  chargeMessages([{ room: "kitchen", messages: 4 }], messages, payer);

  expect(() => chargeMessages([{ room: "hall", messages: 4 }], messages, payer)).toThrow(
    expect.objectContaining({ code: "rate_limited", retryAfterMs: 300 }),
  );
  expect(new Map(messages.headers("hall")).get("RateLimit")).toContain("r=5;");
  chargeMessages([{ room: "hall", messages: 1 }], messages, payer); // has taken all that it costs
});

test("where nobody was asked who he is, the rooms are charged alone", () => {
  const { messages } = world();
  chargeMessages([{ room: "kitchen", messages: 5 }], messages);

  expect(() => chargeMessages([{ room: "kitchen", messages: 1 }], messages)).toThrow(
    expect.objectContaining({ code: "rate_limited" }),
  );
});
