import cluster from "node:cluster";
import { setFlagsFromString } from "node:v8";

// Part by which V8 lets the old generation grow until it looks for garbage again, in per cent; by itself it is up to 300, and
// after a burst of connections the garbage stays, as nothing is done any more that would make it look. A V8 that does not
// know the flag says so on stderr and goes on.
setFlagsFromString("--heap-growing-percent=25");

// The primary forks this same program. Each role loads only its own code.
if (cluster.isWorker) {
  process.on("SIGINT", () => {}); // a terminal sends it to the whole group; the primary decides
  const { runWorker } = await import("./worker/run-worker.js");
  await runWorker();
} else {
  const { runInstance } = await import("./run-instance.js");
  await runInstance();
}
