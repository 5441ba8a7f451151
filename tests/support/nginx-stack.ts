import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Exit } from "../../tools/shared/program.js";
import { createStack, type Stack } from "../../tools/stack/stack.js";
import { onEnd } from "./cleanup.js";
import { NEVER_OVERLOADED_MS } from "./patience.js";
import { createFamily } from "./process-table.js";
import { distFile } from "./program-path.js";
import { PROJECT } from "./readme.js";
import { eventually } from "./wait.js";

/** A line that a member of the stack has logged. */
export interface StackLine {
  readonly member: string;
  readonly text: string;
  /** The line's JSON object; empty when it is none. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface TestStack extends Omit<Stack, "start"> {
  /** All lines so far. */
  readonly lines: readonly StackLine[];
  /** The access log of nginx so far, as it is in the file. */
  accessLines(): string[];
  /** The end of this member is the test's doing; any other unasked end fails the teardown. */
  expectLoss(member: string): void;
}

export interface TestStackOptions {
  readonly instances?: number;
  readonly workers?: number;
  /** Variables of the instances. */
  readonly env?: Readonly<Record<string, string>>;
}

const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];
const MARKER = "TEST_FAMILY";

/** What `npm run stack` runs, on free ports. Ends by itself, and fails the teardown if a process is left or was lost. */
export async function startTestStack({ env = {}, ...options }: TestStackOptions = {}): Promise<TestStack> {
  distFile("main.js"); // the instances could not say how to make it
  const mark = randomUUID();
  const family = createFamily(`${MARKER}=${mark}`);
  const inherited = Object.entries(process.env).filter(([name]) => INHERITED.includes(name));
  const lines: StackLine[] = [];
  const lost: string[] = [];
  const stack = await createStack({
    ...options,
    project: PROJECT,
    env: { ...Object.fromEntries(inherited), [MARKER]: mark, OVERLOAD_LAG_MS: NEVER_OVERLOADED_MS, ...env },
    watcher: {
      line: (member, text) => void lines.push({ member, text, fields: parse(text) }),
      lost: (member, exit: Exit) => void lost.push(`${member} ${JSON.stringify(exit)}`),
    },
  });
  onEnd(async () => {
    await stack.stop();
    await eventually(() => expect(family().map(({ command }) => command)).toEqual([]));
    expect(lost).toEqual([]);
  });
  await stack.start().catch((error: Error) => {
    const tail = lines.slice(-30).map(({ member, text }) => `${member} | ${text}`);
    throw new Error(`${error.message}\n${tail.join("\n")}`);
  });
  return {
    ...stack,
    lines,
    accessLines: () => readFileSync(stack.accessLog(), "utf8").split("\n").slice(0, -1),
    expectLoss(member) {
      const index = lost.findIndex((entry) => entry.startsWith(`${member} `));
      expect(index).not.toBe(-1);
      lost.splice(index, 1);
    },
  };
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
