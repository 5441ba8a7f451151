import { createReplyBounds } from "../../src/engine/stores/reply-bounds.js";
import { REPLY_CHECKS } from "../../src/engine/stores/reply-shapes.js";

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

/** Replies as they are, of each type. */
const REPLIES = [
  "+OK\r\n",
  "-NOPERM no right to *3 channels\r\n",
  "_\r\n",
  "#t\r\n",
  ":-12\r\n",
  "(123456789012345678901234567890\r\n",
  ",1.5e-3\r\n",
  ",inf\r\n",
  bulk("*99999999\r\n"),
  "$0\r\n\r\n",
  "$-1\r\n",
  "!3\r\nERR\r\n",
  "=7\r\ntxt:abc\r\n",
  "*0\r\n",
  "*-1\r\n",
  `*2\r\n*1\r\n:1\r\n${bulk("a")}`,
  `%2\r\n+server\r\n+redis\r\n+modules\r\n*0\r\n`,
  "~2\r\n:1\r\n:2\r\n",
  `>4\r\n${bulk("pmessage")}${bulk("shoal#/#*")}${bulk("shoal#/#")}${bulk("\r\n$5")}`,
];

test("replies are let through, however they are cut", () => {
  const all = Buffer.from(REPLIES.join("").repeat(2));
  for (let size = 1; size <= all.length; size += 1) {
    const check = createReplyBounds();
    for (let at = 0; at < all.length; at += size) check(all.subarray(at, at + size));
  }
});

test("messages of any number and size that there are do not add up", () => {
  const check = createReplyBounds();
  const message = Buffer.from(bulk("x".repeat(8_000_000)));
  for (let sent = 0; sent < 20; sent += 1) check(message);
});

test.each([
  ["what is no reply", "HTTP/1.1 400 Bad Request\r\n\r\n"],
  ["a length that is none", "$1a\r\n"],
  ["a length below none", "$-5\r\n"],
  ["a number without an end", ":".padEnd(200, "1")],
  ["a string that none has", "$999999999999\r\n"],
  ["many strings that none has together", `*50\r\n${bulk("x".repeat(2_000_000)).repeat(50)}`],
  ["a line without an end", "+".padEnd(70_000, "x")],
  ["an error that fills the log", "!9999999\r\n"],
  ["more parts than there are", "*30000000\r\n"],
  ["more parts than there are, one in another", "*400000\r\n".repeat(3)],
  ["deep parts", "*1\r\n".repeat(17)],
])("%s is refused", (_name, text) => {
  const bytes = Buffer.from(text);

  expect(() => createReplyBounds()(bytes)).toThrow();
  expect(() => {
    const check = createReplyBounds();
    for (let at = 0; at < bytes.length; at += 7919) check(bytes.subarray(at, at + 7919));
  }).toThrow();
});

const [a, b] = [Buffer.from("a"), Buffer.from("b")];
const slots = (...range: unknown[]) => ["cluster", ["SLOTS"], [range]] as const;
const node = [Buffer.from("127.0.0.1"), 6379, Buffer.from("id"), []];

test("the answers of a Redis are answers", () => {
  const { push, reply, refusal } = REPLY_CHECKS;
  push([Buffer.from("subscribe"), a, 1]);
  push([Buffer.from("punsubscribe"), null, 0]);
  push([Buffer.from("smessage"), a, b]);
  push([Buffer.from("invalidate"), null]);
  reply("subscribe", ["a"], [Buffer.from("subscribe"), a, 1]);
  reply("info", [], a);
  reply("publish", ["a", "b"], 0);
  reply(...slots(0, 16_383, node, node));
  reply("sentinel", ["get-master-addr-by-name", "main"], null);
  reply("sentinel", ["get-master-addr-by-name", "main"], [a, Buffer.from("6379")]);
  refusal(new Error("MOVED 3999 127.0.0.1:6381"));
  refusal(new Error("NOPERM this user has no permissions"));
});

test.each<[string, () => void]>([
  ["no list", () => REPLY_CHECKS.push(null)],
  ["an empty list", () => REPLY_CHECKS.push([])],
  ["a kind that is none", () => REPLY_CHECKS.push([null, a, 1])],
  ["a subscription to nothing", () => REPLY_CHECKS.push([Buffer.from("subscribe"), null, 1])],
  ["a subscription without a count", () => REPLY_CHECKS.push([Buffer.from("subscribe"), a])],
  ["a message without a channel", () => REPLY_CHECKS.push([Buffer.from("message"), null, b])],
  ["a message without a text", () => REPLY_CHECKS.push([Buffer.from("smessage"), a])],
  ["a pattern's message without one", () => REPLY_CHECKS.push([Buffer.from("pmessage"), a, b])],
  ["nothing, to SUBSCRIBE", () => REPLY_CHECKS.reply("subscribe", ["a"], null)],
  ["a number, to PSUBSCRIBE", () => REPLY_CHECKS.reply("psubscribe", ["a"], 1)],
  ["nothing, to INFO", () => REPLY_CHECKS.reply("info", [], null)],
  ["nothing, to CLUSTER SLOTS", () => REPLY_CHECKS.reply("cluster", ["SLOTS"], null)],
  ["slots that are none", () => REPLY_CHECKS.reply(...slots(0, 99_999_999, node))],
  ["slots of nobody", () => REPLY_CHECKS.reply(...slots(0, 1))],
  ["slots of a node without a port", () => REPLY_CHECKS.reply(...slots(0, 1, [a, null]))],
  ["a master without a port", () => REPLY_CHECKS.reply("sentinel", ["get-master-addr-by-name", "m"], [a, b])],
  ["elsewhere, nowhere", () => REPLY_CHECKS.refusal(new Error("MOVED"))],
])("%s is no answer", (_name, check) => {
  expect(check).toThrow();
});
