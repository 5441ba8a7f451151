import { styleText } from "node:util";
import type { Terminal } from "../command.js";
import { type Check, type Result, type Status, worst } from "./check.js";

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const satisfies Record<Status, string>;
/** After so long, and each time again, it is said what is waited for; in milliseconds. */
const PATIENCE_MS = 2000;

/** A line for each check, and one that counts them. */
export function asText(results: readonly Result[], hasColours: boolean): string {
  const width = Math.max(...results.map(({ check }) => check.length));
  const lines = results.map(({ status, check, message, advice, see }) => {
    const word = status.padEnd(4);
    const what = advice === undefined ? message : `${sentence(message)} Do: ${advice} (${see})`;
    return `${hasColours ? styleText(COLOURS[status], word) : word}  ${check.padEnd(width)}  ${what}`;
  });
  const count = (status: Status) => results.filter((result) => result.status === status).length;
  return `${lines.join("\n")}\n\n${count("ok")} ok, ${count("warn")} warn, ${count("fail")} fail\n`;
}

/** A store's own words end as they like. */
const sentence = (message: string): string => (/[.?!]$/.test(message) ? message : `${message}.`);

export function asJson(results: readonly Result[]): string {
  return `${JSON.stringify({ status: worst(results), checks: results }, undefined, 2)}\n`;
}

/** Tells a person what is waited for. */
export function createProgress(checks: readonly Check[], terminal: Terminal) {
  const open = new Set(checks.map(({ name }) => name));
  const tell = () => terminal.note(`waiting for ${[...open].join(", ")}`);
  const timer = terminal.isSeen ? setInterval(tell, PATIENCE_MS) : undefined;
  return {
    done: ({ name }: Check) => void open.delete(name),
    end: () => clearInterval(timer),
  };
}
