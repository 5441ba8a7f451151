import { readdirSync, readFileSync } from "node:fs";

/** One living process. `id` also tells it from a later process with the same number. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly id: string;
  readonly command: string;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended between the listing and the read, or belongs to somebody else
  }
}

function readEntry(pid: number): ProcessEntry | undefined {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  // proc(5): "pid (name) state ppid ..."; the name may itself hold parentheses and spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (state === undefined || parent === undefined || startTicks === undefined) return undefined;
  if (state === "Z" || state === "X") return undefined; // ended; only its parent has not asked yet
  const command = readOrEmpty(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  return { pid, parent: Number(parent), id: `${pid}@${startTicks}`, command };
}

/** All living processes, from Linux's /proc. A zombie does not count as living. */
export function processTable(): ProcessEntry[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map((name) => readEntry(Number(name))).filter((entry) => entry !== undefined);
}

/** True while the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  return readEntry(pid) !== undefined;
}

/** Sends `signal` to a process that may have ended by itself since it was looked up; then nothing is sent. */
export function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Living children of `pid`, their children and so on; not those whose parent ended before them. */
export function descendants(pid: number): ProcessEntry[] {
  return closure(processTable(), (entry) => entry.parent === pid);
}

/**
 * A view of all living processes that carry the environment entry `marker` ("NAME=value"), which children
 * inherit, and of all below them. Who was seen once still counts after it lost marker and parent.
 */
export function createFamily(marker: string): () => ProcessEntry[] {
  const known = new Set<string>();
  const isMarked = (entry: ProcessEntry) =>
    readOrEmpty(`/proc/${entry.pid}/environ`).split("\0").includes(marker);

  return () => {
    const members = closure(processTable(), (entry) => known.has(entry.id) || isMarked(entry));
    for (const member of members) known.add(member.id);
    return members;
  };
}

/** The entries that `isRoot` picks, with all below them. */
function closure(table: ProcessEntry[], isRoot: (entry: ProcessEntry) => boolean): ProcessEntry[] {
  const found = new Set(table.filter(isRoot));
  // A Set's iteration also visits what is added on the way.
  for (const ancestor of found) {
    for (const entry of table) if (entry.parent === ancestor.pid) found.add(entry);
  }
  return [...found];
}
