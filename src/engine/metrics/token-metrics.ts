import { Counter, Gauge, type Registry } from "prom-client";
import { TOKEN_RESULTS, type TokenMetrics } from "./types.js";

/** What is measured about tokens. The counters are there from the start, the rest where there is a key set. */
export function createTokenMetrics(registry: Registry): TokenMetrics {
  const tokens = new Counter({
    name: "realtime_tokens_total",
    help: "Tokens of handshakes, requests and renewals: accepted, expired, refused, or undecided as the keys were not known",
    labelNames: ["result"],
    registers: [registry],
  });
  for (const result of TOKEN_RESULTS) tokens.inc({ result }, 0);
  return {
    verified: (result) => tokens.inc({ result }),
    show(ageMs) {
      new Gauge({
        name: "realtime_key_set_age_seconds",
        help: "Time since the key set of AUTH_JWKS_URL was asked for and had, infinite before; it serves for 24 h",
        registers: [registry],
        collect() {
          this.set(ageMs() / 1000);
        },
      });
    },
  };
}
