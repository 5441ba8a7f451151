import cluster from "node:cluster";

// The primary forks this same program. Each role loads only its own code.
if (cluster.isWorker) {
  process.on("SIGINT", () => {}); // a terminal sends it to the whole group; the primary decides
  const { runWorker } = await import("./worker/run-worker.js");
  await runWorker();
} else {
  const { runInstance } = await import("./run-instance.js");
  await runInstance();
}
