import type { Machine } from "./c-library.js";

/** The machine this process runs on. Takes some 5 ms: Node tells its C library only in a diagnostic report. */
export function currentMachine(): Machine {
  return { platform: process.platform, arch: process.arch, glibcVersion: glibcVersion() };
}

function glibcVersion(): string | undefined {
  if (process.platform !== "linux") return undefined;
  // Listing the network interfaces may look up names, for seconds.
  const report = Object.assign(process.report, { excludeNetwork: true }).getReport();
  const header: unknown = "header" in report ? report.header : undefined;
  if (typeof header !== "object" || header === null || !("glibcVersionRuntime" in header)) return undefined;
  return String(header.glibcVersionRuntime);
}
