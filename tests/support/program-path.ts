import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a built file. @throws when it is missing, saying how to build it. */
export function distFile(name: string): string {
  const path = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`dist/${name} is missing; run: npm run build`);
  return path;
}

/** The path of a program in tests/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
