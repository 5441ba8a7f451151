import { Counter, type Registry } from "prom-client";
import { TOKEN_RESULTS, type TokenMetrics } from "./types.js";

/** What is measured about tokens. The series are there from the start. */
export function createTokenMetrics(registry: Registry): TokenMetrics {
  const tokens = new Counter({
    name: "realtime_tokens_total",
    help: "Tokens of handshakes, requests and renewals: accepted, expired, refused, or undecided as the keys were not known",
    labelNames: ["result"],
    registers: [registry],
  });
  for (const result of TOKEN_RESULTS) tokens.inc({ result }, 0);
  return { verified: (result) => tokens.inc({ result }) };
}
