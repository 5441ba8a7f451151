import { Counter, Gauge, type Registry } from "prom-client";
import { REVOCATION_REFUSALS, type RevocationMetrics } from "./types.js";

/** What is measured about revocations. The counters are there from the start, the rest once there is a list. */
export function createRevocationMetrics(registry: Registry): RevocationMetrics {
  const registers = [registry];
  const refusals = new Counter({
    name: "realtime_revocation_refused_total",
    help: "Good tokens that were not let in: revoked, or the list of revocations was too old to tell",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of REVOCATION_REFUSALS) refusals.inc({ reason }, 0);
  const closed = new Counter({
    name: "realtime_revocation_closed_total",
    help: "Connections that were closed as their token was revoked",
    registers,
  });

  return {
    refused: (reason) => refusals.inc({ reason }),
    closed: () => closed.inc(),
    show(list) {
      new Gauge({
        name: "realtime_revocations",
        help: "Users and tokens that are known to be revoked",
        registers,
        collect() {
          this.set(list.size());
        },
      });
      new Gauge({
        name: "realtime_revocation_list_age_seconds",
        help: "Time since revocations were read; above 60 s nobody new is let in",
        registers,
        collect() {
          this.set(list.ageMs() / 1000);
        },
      });
    },
  };
}
