import type { IncomingMessage } from "node:http";
import { createRelayProof, type Relayed } from "../../src/engine/routing/worker/relay-proof.js";

const [ONE, OTHER, THIRD] = ["1".repeat(32), "2".repeat(32), "3".repeat(32)] as const;
const relayed: Relayed = {
  method: "POST",
  target: "/socket.io/?EIO=4&transport=polling&sid=1.a",
  forwardedFor: "192.0.2.1, 192.0.2.9",
  forwardedProto: "https",
};

function request(claim: string | undefined, changed: Partial<Relayed> = {}): IncomingMessage {
  const { method, target, forwardedFor, forwardedProto } = { ...relayed, ...changed };
  const forwarded = { "x-forwarded-for": forwardedFor, "x-forwarded-proto": forwardedProto };
  const headers = claim === undefined ? forwarded : { ...forwarded, "x-shoal-relayed": claim };
  return { method, url: target, headers } as unknown as IncomingMessage;
}

const from = (...secrets: string[]) => createRelayProof("sender-1", secrets).make(relayed);
const at = (...secrets: string[]) => createRelayProof("receiver", secrets);

test("a request that says nothing is direct", () => {
  expect(at(ONE).judge(request(undefined))).toEqual({ kind: "direct" });
});

test.each([
  ["the same secret", [ONE], [ONE]],
  ["a sender that has the new secret already", [OTHER, ONE], [ONE]],
  ["a receiver that has the new secret already", [ONE], [OTHER, ONE]],
  ["both having it", [OTHER, ONE], [OTHER, ONE]],
  ["a sender that has forgotten the old one", [OTHER], [OTHER, ONE]],
])("a relayed request is believed: %s", (_what, sender, receiver) => {
  expect(at(...receiver).judge(request(from(...sender)))).toEqual({ kind: "relayed" });
});

test("another secret is none, also while one is replaced, and the log can say whose", () => {
  const forged = { kind: "forged", sender: "sender-1", why: "secret" };
  expect(at(OTHER).judge(request(from(ONE)))).toEqual(forged);
  expect(at(OTHER, THIRD).judge(request(from(ONE)))).toEqual(forged);
});

test.each([
  ["another method", { method: "GET" }],
  ["another session", { target: relayed.target.replace("1.a", "2.a") }],
  ["another client's address", { forwardedFor: "192.0.2.2, 192.0.2.9" }],
  ["one address more", { forwardedFor: `${relayed.forwardedFor}, 192.0.2.10` }],
  ["another scheme", { forwardedProto: "http" }],
])("a proof is for no other request: %s", (_what, changed) => {
  expect(at(ONE).judge(request(from(ONE), changed))).toMatchObject({ kind: "forged", why: "secret" });
});

test("space around a forwarded header, which is lost on the way, changes nothing", () => {
  const claim = at(ONE).make({ ...relayed, forwardedProto: "https, " });
  expect(at(ONE).judge(request(claim, { forwardedProto: "https," }))).toEqual({ kind: "relayed" });
});

test.each([
  ["another sender", (claim: string) => claim.replace("sender-1", "sender-2")],
  ["another time", (claim: string) => claim.replace(/\.\d+\./, `.${Date.now() + 5000}.`)],
  ["no code", (claim: string) => claim.replace(/\.[\w-]{43}$/, "")],
  ["an empty code", (claim: string) => claim.replace(/\.[\w-]{43}$/, ".")],
  ["three codes", (claim: string) => `${claim}.${"a".repeat(43)}.${"b".repeat(43)}`],
  ["another version", (claim: string) => claim.replace(/^1/, "2")],
  ["two claims", (claim: string) => `${claim}, ${claim}`],
  ["a mark and nothing else", () => "1"],
  ["nothing", () => ""],
])("a proof with %s is none", (_what, change) => {
  expect(at(ONE).judge(request(change(from(ONE))))).toMatchObject({ kind: "forged", why: "secret" });
});

test.each([
  [29_000, { kind: "relayed" }],
  [-29_000, { kind: "relayed" }],
  [31_000, { kind: "forged", sender: "sender-1", why: "clock" }],
  [-31_000, { kind: "forged", sender: "sender-1", why: "clock" }],
])("a proof holds for 30 s, before and after: %d ms", (differenceMs, verdict) => {
  const claim = from(ONE);
  const now = Date.now();
  const clock = jest.spyOn(Date, "now").mockReturnValue(now + differenceMs);
  const judged = at(ONE).judge(request(claim));
  clock.mockRestore();
  expect(judged).toEqual(verdict);
});
