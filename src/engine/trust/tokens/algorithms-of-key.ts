import type { KeyObject } from "node:crypto";

/** By the curve's name as Node has it. */
const OF_CURVES: Readonly<Record<string, readonly string[]>> = {
  prime256v1: ["ES256"],
  secp384r1: ["ES384"],
  secp521r1: ["ES512"],
};

const PSS = ["PS256", "PS384", "PS512"];

/** The signature algorithms that a public key is for. Its type decides, and nothing that a token says. */
export function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly string[] {
  switch (asymmetricKeyType) {
    case "rsa":
      return ["RS256", "RS384", "RS512", ...PSS];
    case "rsa-pss":
      return PSS;
    case "ec":
      return OF_CURVES[asymmetricKeyDetails?.namedCurve ?? ""] ?? [];
    case "ed25519":
      return ["EdDSA", "Ed25519"];
    default:
      return [];
  }
}
