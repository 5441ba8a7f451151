import cluster from "node:cluster";
import { loadOrEnd } from "./engine/load.js";

// What Node writes there, such as a warning, may fail: nobody reads it any more. That ends no process.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

// The primary forks this same program. Each role loads only its own code.
if (cluster.isWorker) {
  // A terminal sends these to the whole group; the primary decides.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  const part = await loadOrEnd("worker could not start", () => import("./engine/worker/run-worker.js"));
  await part?.runWorker();
} else {
  const part = await loadOrEnd("the program cannot be loaded", () => import("./engine/run-instance.js"));
  await part?.runInstance();
}
