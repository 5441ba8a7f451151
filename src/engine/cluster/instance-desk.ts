import type { History } from "../history/history.js";
import { hearWorkers, tellWorker } from "../ipc/channel.js";
import type { Component } from "../process/lifecycle.js";

/** The primary's side of operators' questions about the instance, which come to a worker. */
export function createInstanceDesk(history: Pick<History, "report">): Component {
  let stopHearing = (): void => {};

  return {
    name: "instance desk",
    async start() {
      stopHearing = hearWorkers({
        "shoal:ask": ({ request, after }, worker) =>
          tellWorker(worker, { type: "shoal:told", request, report: history.report(after) }),
      });
    },
    async stop() {
      stopHearing();
    },
  };
}
