import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../support/readme.js";

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  readonly name: string;
  readonly image: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of the Dockerfile; continued lines are joined, comments left out, the image's ARG filled in. */
export function readDockerfile(): readonly Stage[] {
  const text = readFileSync(join(PROJECT, "Dockerfile"), "utf8")
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n\s*/g, "");
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const image = lines.find((line) => line.startsWith("ARG NODE_IMAGE="))?.split("=")[1] ?? "";
  const stages: { name: string; image: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`not an instruction: ${line}`);
    const [, from, stage] = name === "FROM" ? (/^(\S+) AS (\S+)$/.exec(rest) ?? []) : [];
    if (from !== undefined && stage !== undefined) {
      stages.push({ name: stage, image: from.replace(/^\$\{NODE_IMAGE\}$/, image), instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text: rest });
    }
  }
  return stages;
}

/** Texts of a stage's instructions of one name. */
export function textsOf(stage: Stage | undefined, name: string): string[] {
  return stage?.instructions.filter((one) => one.name === name).map(({ text }) => text) ?? [];
}

/** What COPY takes from the build context, for all stages. */
export function copiedSources(stages: readonly Stage[]): string[] {
  return stages
    .flatMap((stage) => textsOf(stage, "COPY"))
    .filter((text) => !text.startsWith("--from="))
    .flatMap((text) => text.split(" ").slice(0, -1));
}

/** Names that .dockerignore lets through. @throws when it is no list of exceptions from "nothing". */
export function dockerContext(): string[] {
  const lines = readFileSync(join(PROJECT, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (lines[0] !== "*" || lines.slice(1).some((line) => !/^!\.?\w[\w.-]*$/.test(line))) {
    throw new Error(".dockerignore must begin with * and go on with names");
  }
  return lines.slice(1).map((line) => line.slice(1));
}
