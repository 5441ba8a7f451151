import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rewriteList, rewriteStanzas } from "./apt-sources.mjs";
import { outputOf, runCommand } from "./command.mjs";
import { currentDistribution, newerRelease } from "./distribution.mjs";
import { SetupFailure } from "./failure.mjs";
import { readIfThere } from "./project.mjs";

const SOURCES_DIR = "/etc/apt/sources.list.d";

/**
 * Downloads packages of a newer release of this distribution, from this machine's own sources, into an empty
 * directory and returns their paths. apt keeps all its files there, checks signatures as ever, needs no root
 * and changes nothing in the system.
 * @throws {SetupFailure} when this is no Debian or Ubuntu, or apt cannot get them.
 */
export async function downloadPackages(packages, directory) {
  const { id, release } = currentDistribution();
  const newer = newerRelease(id);
  if (newer === undefined || outputOf("apt-get", ["--version"]) === undefined) {
    throw new SetupFailure("that is possible on Debian and Ubuntu only");
  }
  writeConfiguration(directory, release, newer);
  // Its failure is not final: an entry of a third party may lack the newer release.
  const update = await apt(directory, ["update"]);
  const download = await apt(directory, ["download", ...packages]);
  const files = readdirSync(directory).filter((name) => name.endsWith(".deb"));
  if (download.code !== 0 || files.length < packages.length) {
    throw new SetupFailure(`apt-get cannot download ${newer} packages: ${problemIn(update, download)}`);
  }
  return files.map((name) => join(directory, name));
}

function apt(directory, args) {
  const all = ["-c", join(directory, "apt.conf"), "-q", ...args];
  return runCommand("apt-get", all, { quiet: true, cwd: directory, env: { LC_ALL: "C" } });
}

function problemIn({ output: updating }, { output: downloading }) {
  const lines = `${updating}\n${downloading}`.split("\n").filter((line) => /^(E|Err):?/.test(line));
  return lines.slice(0, 3).join(" ") || "no reason given";
}

function writeConfiguration(directory, release, newer) {
  const path = (...names) => join(directory, ...names);
  for (const name of ["sources", "preferences", "lists", "cache"]) mkdirSync(path(name));
  const { list, stanzas } = machineSources();
  const newList = rewriteList(list, release, newer);
  const newStanzas = rewriteStanzas(stanzas, release, newer);
  if (newList === "" && newStanzas === "") {
    throw new SetupFailure(`apt has no source of ${release} main packages on this machine`);
  }
  writeFileSync(path("sources", "newer.list"), newList);
  writeFileSync(path("sources", "newer.sources"), newStanzas);
  writeFileSync(path("apt.conf"), settings(path));
}

function settings(path) {
  return `Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "${path("sources")}";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "${path("preferences")}";
Dir::State::Lists "${path("lists")}";
Dir::Cache "${path("cache")}";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Default-Release "";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`;
}

/** All text of this machine's source files, in their two styles. */
function machineSources() {
  const names = readdirSync(SOURCES_DIR).sort();
  const textOf = (suffix) =>
    names
      .filter((name) => name.endsWith(suffix))
      .map((name) => readFileSync(join(SOURCES_DIR, name), "utf8"));
  const list = [readIfThere("/etc/apt/sources.list") ?? "", ...textOf(".list")].join("\n");
  return { list, stanzas: textOf(".sources").join("\n\n") };
}
