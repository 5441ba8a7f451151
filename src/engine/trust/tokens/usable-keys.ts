import { createPublicKey, type JsonWebKey } from "node:crypto";
import type { JWK } from "jose";
import { algorithmsOf } from "./algorithms-of-key.js";

/** Those keys of a set that can verify a token which is signed by one of these algorithms. */
export function usableKeys(keys: readonly JWK[], algorithms: readonly string[]): readonly JWK[] {
  return keys.filter(
    (key) => (key.use ?? "sig") === "sig" && ofKey(key).some((alg) => algorithms.includes(alg)),
  );
}

function ofKey(key: JWK): readonly string[] {
  try {
    const fitting = algorithmsOf(createPublicKey({ key: key as JsonWebKey, format: "jwk" }));
    return key.alg === undefined ? fitting : fitting.filter((alg) => alg === key.alg);
  } catch {
    return []; // a kind that Node does not know
  }
}
