import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { createLogOutput } from "../../src/engine/process/log-output.js";
import { onEnd } from "../support/cleanup.js";
import { tempDir } from "../support/temp-dir.js";
import { eventually } from "../support/wait.js";

const tell = ({ lines, reason }: { lines: number; reason: string }) => `lost ${lines} by ${reason}\n`;

/** A pipe that can lose its reader and get one again. */
async function makePipe() {
  const path = join(await tempDir("pipe"), "log");
  execFileSync("mkfifo", [path]);
  let reader = open();
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  onEnd(() => closeSync(writer));
  onEnd(() => closeSync(reader));

  function open(): number {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  return {
    writer,
    closeReader: () => closeSync(reader),
    reopenReader: () => {
      reader = open();
    },
    /** What is in it now. */
    read(): string {
      const chunk = Buffer.alloc(65_536);
      try {
        return chunk.toString("utf8", 0, readSync(reader, chunk));
      } catch {
        return ""; // nothing there
      }
    },
  };
}

/** An output that tries nothing any more when the test's files are closed: their numbers are given out again. */
function outputTo(fd: number, say = tell) {
  const output = createLogOutput(fd, say);
  onEnd(output.end);
  return output;
}

/** Numbered lines of 1000 bytes. */
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `${String(index).padEnd(999, ".")}\n`);

/** The lines as they are told apart. */
const short = (text: string) =>
  text
    .replaceAll(/\.{2,}|x{2,}/g, "")
    .split("\n")
    .slice(0, -1);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

describe("the output of the log", () => {
  test("keeps what a slow reader does not take at once, whole and in order", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    const lines = numbered(1000);

    for (const line of lines) output.write(line);

    let text = "";
    await eventually(() => {
      text += pipe.read();
      expect(text.length).toBeGreaterThanOrEqual(lines.length * 1000);
    });
    expect(short(text)).toEqual(numbers(1000));
  });

  test("loses what exceeds its backlog, and says how much before the next line", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    for (const line of numbered(2000)) output.write(line);

    let text = "";
    await eventually(() => {
      text += pipe.read();
      expect(short(text.slice(-1500)).at(-1)).toMatch(/^lost/);
    });
    output.write("next\n");
    await eventually(() => {
      text += pipe.read();
      expect(short(text.slice(-1500)).at(-1)).toBe("next");
    });

    const kept = short(text).slice(0, -2);
    expect(kept).toEqual(numbers(kept.length));
    expect(short(text).slice(-2)).toEqual([`lost ${2000 - kept.length} by EAGAIN`, "next"]);
  });

  test("takes a line that is larger than its backlog, in parts", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    const line = `${"x".repeat(1_500_000)}\n`;
    output.write(line);

    let text = "";
    await eventually(() => {
      text += pipe.read();
      expect(text === line).toBe(true);
    });
  });

  test("counts what is written without a reader, and says so by itself when there is one again", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    output.write("one\n");
    expect(pipe.read()).toBe("one\n");
    pipe.closeReader();

    output.write("two\n");
    output.write("three\n");

    pipe.reopenReader();
    await eventually(() => expect(pipe.read()).toBe("lost 2 by EPIPE\n"));
    output.write("four\n");
    expect(pipe.read()).toBe("four\n");
  });

  test("begins a line of its own after one that was cut off", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    output.write("x".repeat(100_000)); // more than a pipe takes
    pipe.closeReader();
    output.write("two\n");
    pipe.reopenReader();

    const first = pipe.read();
    output.write("three\n");

    expect(first).toMatch(/^x+$/);
    expect(pipe.read()).toBe("\nlost 2 by EPIPE\nthree\n");
  });

  test("counts what a full disk does not take", () => {
    const full = openSync("/dev/full", "w");
    onEnd(() => closeSync(full));
    const losses: number[] = [];
    const output = outputTo(full, ({ lines }) => {
      losses.push(lines);
      return "lost\n";
    });

    for (const line of numbered(3)) output.write(line);

    expect(losses).toEqual([1, 2]);
  });

  test("does not wait at the end for a reader that takes a line now and then", async () => {
    const path = join(await tempDir("pipe"), "log");
    execFileSync("mkfifo", [path]);
    const program = `n=0; while read -r line; do n=$((n + 1)); sleep 0.02; done < ${path}; echo $n`;
    const reader = spawn("sh", ["-c", program], { stdio: ["ignore", "pipe", "ignore"] });
    onEnd(() => reader.kill());
    const count = once(reader.stdout, "data");
    const first = openSync(path, constants.O_WRONLY); // waits for the reader
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    const output = createLogOutput(fd, tell);

    for (const line of numbered(1000)) output.write(line);
    output.end();
    closeSync(first);
    closeSync(fd);

    expect(Number(String((await count)[0]))).toBeLessThan(900);
  }, 120_000);

  test("does not wait at the end for a reader that takes nothing", async () => {
    const pipe = await makePipe();
    const output = outputTo(pipe.writer);
    for (const line of numbered(200)) output.write(line);

    const startedAt = performance.now();
    output.end();
    const tookMs = performance.now() - startedAt;

    expect(tookMs).toBeGreaterThanOrEqual(1000);
    const taken = short(pipe.read());
    expect(taken).toEqual(numbers(taken.length));
    expect(taken.length).toBeLessThan(200);
  });
});
