import { pageQuery, publishRequest, subscribeRequest } from "../../../src/app/rooms/rooms.schemas.js";
import { boundedJson } from "../../../src/contract/bounded-json.js";
import { parse } from "../../../src/contract/validation.js";

const schemas = {
  publish: publishRequest({ body: boundedJson(100), bodyBytes: 100, publishMessages: 3, pageMessages: 9 }),
  subscribe: subscribeRequest,
  page: pageQuery,
};
const message = { id: "m1", body: "hello" };

function codeOf(schema: keyof typeof schemas, value: unknown): string {
  try {
    parse(schemas[schema], value);
    return "accepted";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("requests about rooms", () => {
  test.each([
    ["a name of the longest kind", { room: "r".repeat(128), messages: [message] }],
    ["every character that may be in names", { room: "aZ09_.:@-", messages: [{ id: "aZ09_.:@-", body: 1 }] }],
    ["a name of more than two dots", { room: "...", messages: [message] }],
    ["a name that begins with a dot", { room: ".a", messages: [message] }],
    ["as many messages as allowed", { room: "r", messages: [message, message, message], retry: true }],
  ])("publish with %s is accepted", (_, request) => {
    expect(codeOf("publish", request)).toBe("accepted");
  });

  test.each([
    ["a slash in the room", { room: "a/b", messages: [message] }, "invalid"],
    ["a room that URLs cannot name", { room: "..", messages: [message] }, "invalid"],
    [
      "a number that JSON cannot say",
      { room: "r", messages: [{ id: "a", body: JSON.parse("1e400") }] },
      "invalid",
    ],
    ["an empty room", { room: "", messages: [message] }, "invalid"],
    ["a room too long", { room: "r".repeat(129), messages: [message] }, "invalid"],
    ["a line break behind the room", { room: "r\n", messages: [message] }, "invalid"],
    ["a slash in an id", { room: "r", messages: [{ id: "a/b", body: 1 }] }, "invalid"],
    ["an id too long", { room: "r", messages: [{ id: "i".repeat(65), body: 1 }] }, "invalid"],
    ["no message", { room: "r", messages: [] }, "invalid"],
    ["too many messages", { room: "r", messages: Array.from({ length: 4 }, () => message) }, "invalid"],
    ["no body", { room: "r", messages: [{ id: "a" }] }, "invalid"],
    ["a binary body", { room: "r", messages: [{ id: "a", body: Buffer.from("x") }] }, "invalid"],
    ["a body too large", { room: "r", messages: [{ id: "a", body: "x".repeat(101) }] }, "too_large"],
    ["a field of its own", { room: "r", messages: [message], from: "someone" }, "invalid"],
  ])("publish with %s is refused", (_, request, code) => {
    expect(codeOf("publish", request)).toBe(code);
  });

  test.each([
    [{ room: "r" }, "accepted"],
    [{ room: "r", limit: 0 }, "accepted"],
    [{ room: "r", limit: 1_000_000 }, "accepted"],
    [{ room: "r", after: 0 }, "accepted"],
    [{ room: "r", after: 7, epoch: "e", limit: 1 }, "accepted"],
    [{ room: "r", after: 7, limit: 0 }, "invalid"],
    [{ room: "r", after: -1 }, "invalid"],
    [{ room: "r", after: 1.5 }, "invalid"],
    [{ room: "r", after: 1e300 }, "invalid"],
    [{ room: "r", after: "7" }, "invalid"],
    [{ room: "r", limit: -1 }, "invalid"],
    [{ room: "r", limit: Number.NaN }, "invalid"],
    [{ room: "r", epoch: "" }, "invalid"],
    [{ room: "r", epoch: "e".repeat(65) }, "invalid"],
  ])("subscribe with %j is %s", (request, code) => {
    expect(codeOf("subscribe", request)).toBe(code);
  });

  test.each([
    [{}, "accepted"],
    [{ before: "5", limit: "10" }, "accepted"],
    [{ after: "5", epoch: "e", limit: "10" }, "accepted"],
    [{ before: "5", after: "5" }, "invalid"],
    [{ before: "5", epoch: "e" }, "invalid"],
    [{ limit: "0" }, "invalid"],
    [{ before: "-1" }, "invalid"],
    [{ before: ["5", "6"] }, "invalid"],
  ])("a page with %j is %s", (request, code) => {
    expect(codeOf("page", request)).toBe(code);
  });
});
