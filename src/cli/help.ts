import type { Command, Option } from "./command.js";

const WIDTH = 110;

/** `shoal --help`. */
export function overview(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    "Usage: shoal COMMAND [OPTIONS]",
    "",
    ...table(rows),
    "",
    "shoal COMMAND --help tells more; shoal --version prints the version.",
    "",
  ].join("\n");
}

/** `shoal COMMAND --help`. */
export function helpOf(command: Command): string {
  const { summary, operands, options, notes, examples, exits } = command;
  return [
    `Usage: ${usageOf(command)}`,
    "",
    ...wrapped(summary, 0),
    "",
    ...table([
      ...operands.map(({ name, desc }) => [name, desc] as const),
      ...Object.entries(options).map(([name, option]) => [optionForm(name, option), option.desc] as const),
      ["--help", "prints this"] as const,
    ]),
    ...notes.flatMap((note) => ["", ...wrapped(note, 0)]),
    "",
    ...examples.flatMap(({ line, desc }) => [`  ${line}`, `      ${desc}`]),
    "",
    "Exit codes:",
    ...table(Object.entries(exits)),
    "",
  ].join("\n");
}

/** How a command is called. */
export function usageOf({ name, operands }: Command): string {
  return ["shoal", name, ...operands.map((one) => one.name), "[OPTIONS]"].join(" ");
}

/** An option as it is typed. */
export function optionForm(name: string, { short, value }: Option): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, text]) => {
    const [first = "", ...others] = wrapped(text, width + 4);
    return [`  ${name.padEnd(width)}  ${first}`, ...others.map((line) => " ".repeat(width + 4) + line)];
  });
}

/** Text for a terminal, in lines that are short enough to stand behind `indent` characters. */
function wrapped(text: string, indent: number): string[] {
  const lines = [""];
  for (const word of plain(text).split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

/** Without the marks of Markdown. */
function plain(text: string): string {
  return text.replaceAll(/\[[^\]]*\]\(([^)]*)\)/g, "docs/$1").replaceAll("`", "");
}
