import { Counter, type Registry } from "prom-client";
import { type RightsMetrics, VERDICTS } from "./types.js";

/** What is measured about rights of connections that live. The series are there from the start. */
export function createRightsMetrics(registry: Registry): RightsMetrics {
  const rechecks = new Counter({
    name: "realtime_rights_rechecked_total",
    help: "Memberships of connections about which the rule was asked again, by what came of it",
    labelNames: ["verdict"],
    registers: [registry],
  });
  const closed = new Counter({
    name: "realtime_rights_closed_total",
    help: "Memberships that were ended: forbidden, or temporary when that could not be found out in time",
    labelNames: ["code"],
    registers: [registry],
  });
  for (const verdict of VERDICTS) rechecks.inc({ verdict }, 0);
  for (const code of ["forbidden", "temporary"]) closed.inc({ code }, 0);
  return {
    rechecked: (verdict) => rechecks.inc({ verdict }),
    closed: (code) => closed.inc({ code }),
  };
}
