import { join } from "node:path";

/** Address of the private socket on which the worker with this number, as Node's cluster has it, answers operators. */
export function operatorSocketOf(socketDir: string, worker: number): string {
  return process.platform === "win32"
    ? `\\\\.\\pipe\\${socketDir}\\operator-${worker}`
    : join(socketDir, `operator-${worker}.sock`);
}
