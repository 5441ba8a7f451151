import { AppError } from "../../contract/errors.js";
import type { InstanceReport, Instances } from "../../contract/instances.js";
import { hearPrimary, tellPrimary } from "../ipc/channel.js";
import type { Component } from "../process/lifecycle.js";

/** Longest wait for the primary, in milliseconds. */
const ANSWER_MS = 2000;

/** What knows the instance that a worker belongs to. */
export interface InstanceView extends Component {
  readonly here: Instances["here"];
}

/** A clustered worker's side: asks its primary. */
export function createInstanceLink(): InstanceView {
  const open = new Map<number, (report: InstanceReport) => void>();
  let request = 0;
  let stopHearing = (): void => {};

  return {
    name: "instance link",
    async start() {
      stopHearing = hearPrimary({
        "shoal:told": ({ request: answered, report }) => open.get(answered)?.(report),
      });
    },
    async stop() {
      stopHearing();
    },
    here(after) {
      request += 1;
      const mine = request;
      return new Promise<InstanceReport>((resolve, reject) => {
        const timer = setTimeout(() => reject(new AppError("temporary")), ANSWER_MS);
        open.set(mine, (report) => {
          clearTimeout(timer);
          resolve(report);
        });
        tellPrimary({ type: "shoal:ask", request: mine, after });
      }).finally(() => open.delete(mine));
    },
  };
}
