import type { Readable } from "node:stream";

const TAIL_CHARS = 4096;

/** Reads a stream to its end and keeps its last 4096 characters. */
export function createOutputTail(stream: Readable): { text(): string } {
  let kept = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    kept = (kept + chunk).slice(-TAIL_CHARS);
  });
  return { text: () => kept.trim() };
}
