// Loaded by Node before the program. A new process greets its primary even before this, and hears of a primary that is gone before a module
// of the program has been evaluated: only what is required first is in time. Without a listener Node prints a stack for each such process.
const { worker } = require("node:cluster") as typeof import("node:cluster").default;

worker?.on("error", () => process.exit(1));
