import { clientFrame, createFrameParser, OPCODE } from "../../tools/loadtest/raw/frames.js";
import { serverFrame } from "./support/scripted-server.js";

interface Found {
  readonly found: unknown[];
  feed(bytes: Buffer): void;
}

function parser(limitBytes?: number): Found {
  const found: unknown[] = [];
  const sink = {
    onText: (bytes: Buffer, start: number, end: number) =>
      void found.push(bytes.toString("utf8", start, end)),
    onBinary: (bytes: Buffer, start: number, end: number) => void found.push([...bytes.subarray(start, end)]),
    onControl: (opcode: number, payload: Buffer) => void found.push({ opcode, payload: payload.toString() }),
    onViolation: (what: string) => void found.push({ violation: what }),
  };
  const { feed } = createFrameParser(sink, limitBytes);
  return { found, feed: (bytes) => feed(bytes, bytes.length) };
}

const LONG = "Ä".repeat(200);
const HUGE = "x".repeat(70_000);
const STREAM = Buffer.concat([
  serverFrame(0x81, "one"),
  serverFrame(0x81, LONG),
  serverFrame(0x82, Buffer.from([1, 2, 255])),
  serverFrame(0x01, "frag"),
  serverFrame(0x89, "ping"),
  serverFrame(0x00, "men"),
  serverFrame(0x80, "ted ü"),
  serverFrame(0x81, ""),
  serverFrame(0x88, Buffer.from([3, 232])),
]);
const CONTENT = [
  "one",
  LONG,
  [1, 2, 255],
  { opcode: OPCODE.ping, payload: "ping" },
  "fragmented ü",
  "",
  { opcode: OPCODE.close, payload: "\u0003\ufffd" },
];

describe("the parser of frames", () => {
  test.each([1, 2, 3, 7, 100, 127, STREAM.length])("finds the same when pieces have %i bytes", (size) => {
    const { found, feed } = parser();

    for (let at = 0; at < STREAM.length; at += size) feed(STREAM.subarray(at, at + size));

    expect(found).toEqual(CONTENT);
  });

  test("keeps nothing of a chunk that is read into again", () => {
    const { found, feed } = parser();
    const shared = Buffer.alloc(5);

    for (let at = 0; at < STREAM.length; at += 5)
      feed(shared.subarray(0, STREAM.copy(shared, 0, at, at + 5)));

    expect(found).toEqual(CONTENT);
  });

  test("takes a message with a length of 64 bits", () => {
    const { found, feed } = parser();

    feed(serverFrame(0x81, HUGE));

    expect(found).toEqual([HUGE]);
  });

  test.each([
    ["a masked frame", clientFrame(OPCODE.text, "x")],
    ["a frame with reserved bits", serverFrame(0xc1, "x")],
    ["a fragment out of place", serverFrame(0x80, "x")],
    ["a fragment out of place", Buffer.concat([serverFrame(0x01, "x"), serverFrame(0x81, "y")])],
    ["a frame of more than 1000 bytes", serverFrame(0x81, LONG.repeat(4))],
    [
      "a message of more than 1000 bytes",
      Buffer.concat([serverFrame(0x01, LONG), serverFrame(0, LONG), serverFrame(0x80, LONG)]),
    ],
  ])("refuses %s and goes no further", (violation, bytes) => {
    const { found, feed } = parser(1000);

    feed(Buffer.concat([bytes, serverFrame(0x81, "later")]));
    feed(serverFrame(0x81, "later still"));

    expect(found).toEqual([{ violation }]);
  });
});

describe("a client's frame", () => {
  test.each([0, 5, 125, 126, 65_535, 65_536])("of %i bytes is masked and holds them", (length) => {
    const frame = clientFrame(OPCODE.text, "y".repeat(length));

    const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    const key = frame.subarray(head, head + 4);
    const payload = frame.subarray(head + 4).map((byte, index) => byte ^ (key[index & 3] ?? 0));
    expect(frame[0]).toBe(0x81);
    expect((frame[1] ?? 0) & 0x80).toBe(0x80);
    expect(payload.toString()).toBe("y".repeat(length));
  });
});
