import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's folder. */
export const PROJECT = join(__dirname, "..", "..");

/** Rows of the first table under a heading of README.md, cells trimmed, header left out. */
export function readmeTable(heading: string): string[][] {
  const readme = readFileSync(join(PROJECT, "README.md"), "utf8");
  const section = readme.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`README.md has no heading "${heading}"`);
  const lines = section.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  return lines.slice(first + 2, end === -1 ? undefined : end).map(cells);
}

function cells(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}
