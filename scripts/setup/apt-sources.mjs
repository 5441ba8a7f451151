// Package sources of this machine, rewritten to those of a newer release of the same distribution. No host is
// named here: the mirror that the machine uses has the newer release, too.

/**
 * The entries of a one-line-style file (sources.list) for `release`'s main packages, for `newer` instead.
 * Third parties' entries for the same release name may be among them; apt tells those that do not exist.
 */
export function rewriteList(text, release, newer) {
  const lines = text
    .split("\n")
    .map((line) => /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line.trim()));
  return lines
    .filter((match) => match !== null && match[3] === release && words(match[4]).includes("main"))
    .filter(([, , uri]) => !uri.startsWith("cdrom:"))
    .map(
      ([, options = "", uri]) => `deb [${`${options.trim()} target=Packages`.trim()}] ${uri} ${newer} main\n`,
    )
    .join("");
}

/** The same for a deb822-style file (*.sources). */
export function rewriteStanzas(text, release, newer) {
  const stanzas = text.replace(/^#.*\n?/gm, "").split(/\n\s*\n/);
  return stanzas
    .map(parseStanza)
    .filter(
      (fields) =>
        has(fields, "types", "deb") && has(fields, "suites", release) && has(fields, "components", "main"),
    )
    .filter((fields) => !/^(no|false|0|off)$/i.test(fields.get("enabled") ?? ""))
    .map((fields) => stanzaOf(new Map([...fields, ...replacements(newer)])))
    .join("\n");
}

function replacements(newer) {
  return [
    ["types", "deb"],
    ["suites", newer],
    ["components", "main"],
    ["targets", "Packages"],
  ];
}

/** Fields by lower-case name; a value keeps its continuation lines, as embedded keys need them. */
function parseStanza(stanza) {
  const fields = stanza
    .split(/\n(?=\S)/)
    .map((field) => /^([^\s:]+):[ \t]*([\s\S]*)$/.exec(field.trimStart()));
  return new Map(
    fields.filter((match) => match !== null).map(([, name, value]) => [name.toLowerCase(), value.trimEnd()]),
  );
}

function stanzaOf(fields) {
  return [...fields].map(([name, value]) => `${name}: ${value}\n`).join("");
}

function has(fields, name, word) {
  return words(fields.get(name) ?? "").includes(word);
}

function words(text) {
  return text.trim().split(/\s+/);
}
