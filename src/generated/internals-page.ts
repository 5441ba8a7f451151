import { GENERATED_BY } from "../contract/about.js";
import { type About, MEASURES } from "../engine/internals/measures.js";
import { code, page, table } from "./markdown.js";

const INTRODUCTION = `Some measures need more of a library than it documents. All such access is in \`src/engine/internals/\`, one file per library. At its
start a worker tries each measure on a connection of its own in memory, or looks at the library's version where there is nothing to try. What
does not hold is left off, and one line of the log at \`warn\` names it; each worker does without in the ordinary way, as below. Nothing is
logged when all is as expected. Each measure has a switch.`;

/** docs/internals.md: what undocumented parts are used for. */
export function internalsPage(): string {
  return page("Internals of libraries", GENERATED_BY, [
    INTRODUCTION,
    table(
      ["measure", "known versions", "reaches into", "saves", "risks", "without it", "left off by"],
      Object.entries<About>(MEASURES).map(([name, about]) => [code(name), ...cellsOf(about)]),
    ),
  ]);
}

function cellsOf({ libraries, reaches, saves, risks, without, off }: About): string[] {
  return [libraries, reaches, saves, risks, without, code(off)];
}
