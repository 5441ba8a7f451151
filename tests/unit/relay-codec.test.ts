import { relayCodec } from "../../src/engine/realtime/relay-codec.js";

function roundTrip(message: unknown): unknown {
  return relayCodec.decode(Buffer.from(relayCodec.encode(message)));
}

describe("what is relayed through Redis", () => {
  test.each([
    ["numbers beyond 64 bits", 1e300],
    ["a whole number beyond 64 bits", 2 ** 70],
    ["half a character", "\ud800"],
    ["nested values", { list: [null, true, { text: "🐟" }] }],
  ])("arrives as it was sent: %s", (_what, value) => {
    expect(roundTrip(["uid", { data: ["event", value] }, {}])).toEqual([
      "uid",
      { data: ["event", value] },
      {},
    ]);
  });

  test("may hold binary", () => {
    const bytes = Buffer.from([0, 1, 254, 255]);

    expect(roundTrip(["uid", { data: ["event", { bytes }] }, {}])).toEqual([
      "uid",
      { data: ["event", { bytes }] },
      {},
    ]);
  });
});
