import type { Line } from "../../support/line-log.js";

/** The lines on which a person would have to act: errors, and whatever did not come from the logger. */
export function complaints(logs: readonly Line[]): string[] {
  return logs.filter(isComplaint).map((line) => line.text);
}

function isComplaint({ stream, fields }: Line): boolean {
  return stream === "stderr" || !["debug", "info", "warn"].includes(String(fields.level));
}
