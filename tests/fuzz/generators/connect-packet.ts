import type { Prng } from "../../chaos/prng.js";
import type { Proof } from "../proofs.js";
import { oddJson } from "./json.js";

/** The Socket.IO packet, with Engine.IO's type before it, that asks to join with this proof; now and then none, or an odd one. */
export function connectPacket(prng: Prng, { text, user }: Proof, oddness = 0.05): string | undefined {
  const roll = prng.next();
  if (roll < 0.02) return undefined;
  if (roll < oddness) return oddConnect(prng, text ?? user);
  // Where names are believed, that is the name.
  return `40${JSON.stringify(text === undefined ? { user } : { token: text, user })}`;
}

/** One with any kind of payload, of any namespace. */
export function oddConnect(prng: Prng, text: string): string {
  const quoted = JSON.stringify(text);
  const namespace = prng.pick([
    "",
    "",
    "",
    "/,",
    "/admin,",
    "/?token=x,",
    "/__proto__,",
    `/${"x".repeat(300)},`,
    "/",
  ]);
  const payload = prng.pick([
    ...["", "{}", "[]", "null", "5", quoted, `{"token":[${quoted}]}`, `{"token":{"toString":${quoted}}}`],
    ...[`{"token":${quoted},"token":5}`, `{"TOKEN":${quoted}}`, `{"__proto__":{"token":${quoted}}}`],
    ...[
      '{"user":5}',
      '{"user":""}',
      `{"user":"${"u".repeat(70)}"}`,
      '{"user":"a b"}',
      '{"user":"__proto__"}',
    ],
    ...[`{"token":${quoted},"pad":"${"x".repeat(9000)}"}`, `{"token":"${"x".repeat(70_000)}"}`],
    oddJson(prng),
  ]);
  const binary = prng.chance(0.05) ? "5" : "0";
  return `4${binary}${prng.pick(["", "", "", "1-", "0-"])}${namespace}${prng.pick(["", "", "", "7"])}${payload}`;
}
