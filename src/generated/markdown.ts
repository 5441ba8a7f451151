/** A table in Markdown. Cells are Markdown, too; their pipes are escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(header), `|${"---|".repeat(header.length)}`, ...rows.map(line)].join("\n");
}

/** A piece of code within a text; nothing for nothing. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}

/** A page of generated sections under one heading. */
export function page(title: string, madeBy: string, sections: readonly string[]): string {
  return `${[`<!-- Generated: ${madeBy}. -->`, `# ${title}`, ...sections].join("\n\n")}\n`;
}
