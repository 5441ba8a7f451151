// `npm run new`: writes the files of a new feature.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { filesOf, listWith, namesOf, takenWords, writeAll } from "./new-feature.mjs";
import { build } from "./setup/build.mjs";
import { importCompiled } from "./setup/compiled.mjs";
import { installDependencies } from "./setup/dependencies.mjs";
import { runScript, SetupFailure } from "./setup/failure.mjs";
import { checkNodeVersion } from "./setup/node-version.mjs";
import { inProject, say } from "./setup/project.mjs";
import { wrongUsage } from "./setup/usage.mjs";

const USAGE = `Usage: npm run new -- feature NAME [--bare] [--one WORD]

Writes a small feature that runs, for you to change: src/app/NAME/ with a model, a service, two routes and two events, its
test in tests/integration/ and its line in src/app/features.ts. docs/extending.md explains each of them.

  NAME        lower-case words joined by -, such as notes or shopping-lists; each begins with a letter
  --bare      without data: one route and one event, no model and no service
  --one WORD  one of them, for events, models and types (default: NAME without its plural)
  --help

Exits with 2 for a name that cannot be used; nothing is written then.
`;
/** @satisfies {import("node:util").ParseArgsConfig["options"]} */
const OPTIONS = {
  one: { type: "string" },
  bare: { type: "boolean" },
  help: { type: "boolean", short: "h" },
};
const LONGEST = 40;
/** Where those of the engine are, each file with functions that make them. */
const MODELS = ["dist", "engine", "stores", "models"];

function readArguments(args) {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  const [what, name, ...rest] = positionals;
  if (what !== "feature") throw wrongUsage(`There is no "${what ?? ""}" to make`, USAGE);
  if (name === undefined) throw wrongUsage("The feature needs a name", USAGE);
  if (rest.length > 0) throw wrongUsage(`Unknown argument: ${rest[0]}`, USAGE);
  for (const word of [name, values.one ?? name]) checkForm(word);
  const names = namesOf(name, values.one);
  checkMeaning(name, names.many, "its identifier is");
  if (values.one === undefined) checkMeaning(name, names.one, "without --one WORD one of them is");
  else checkMeaning(values.one, names.one, "its identifier is");
  return { names, kind: values.bare ? "bare" : "whole" };
}

function parsed(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrongUsage(error.message, USAGE);
  }
}

function checkForm(word) {
  if (word.length > LONGEST) throw refused(word, `it has more than ${LONGEST} characters`);
  if (/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(word)) return;
  throw refused(
    word,
    "it must be words joined by single -, each of lower-case letters and digits that begins with a letter",
  );
}

/** The identifier need not be what was typed: `how` says where it comes from. */
function checkMeaning(word, { camel }, how) {
  if (!isReserved(camel) && !takenWords().has(camel)) return;
  throw refused(word, `${how} "${camel}", which has a meaning in its code`);
}

const refused = (name, why) => new SetupFailure(`The name "${name}" cannot be used: ${why}`, 2);

function isReserved(word) {
  try {
    new Function(`"use strict"; const ${word} = 0;`);
    return false;
  } catch {
    return true;
  }
}

/** What the features that are there declare, and the collections of the engine. */
async function declaredNames() {
  const { outline } = await importCompiled("dist/contract/outline.js");
  const { features } = await importCompiled("dist/app/features.js");
  const { inputLimitsOf } = await importCompiled("dist/engine/worker/input-limits.js");
  const { readConfig } = await importCompiled("dist/engine/config/config.js");
  const { default: mongoose } = await import("mongoose");
  const config = readConfig({});
  const connection = mongoose.createConnection();
  const declared = outline(features, inputLimitsOf(config), connection, config.settings);
  for (const name of readdirSync(inProject(...MODELS)).filter((file) => file.endsWith(".js"))) {
    for (const make of Object.values(await importCompiled([...MODELS, name].join("/")))) make(connection);
  }
  return {
    features: features.map(({ name }) => name),
    paths: declared.flatMap(({ routes = [] }) => routes.map(({ path }) => path)),
    events: declared.flatMap(({ events = [], emits = [] }) => [...events, ...emits].map(({ name }) => name)),
    collections: Object.values(connection.models).map(({ collection }) => collection.name),
    models: connection.modelNames(),
  };
}

/** Everything that the new feature would declare, too. */
async function checkFree({ many, one }, files) {
  const name = many.kebab;
  const paths = [`src/app/${name}`, ...files.map(({ path }) => path)];
  const there = paths.find((path) => existsSync(inProject(path)));
  if (there !== undefined) throw refused(name, `${there} is there already`);
  const taken = await declaredNames();
  if (taken.features.includes(name)) throw refused(name, "a feature has it");
  if (taken.paths.includes(`/${name}`)) throw refused(name, `there is a route at /${name}`);
  const event = taken.events.find((known) => known.startsWith(`${one.kebab}:`));
  if (event !== undefined) throw refused(name, `there is an event "${event}"`);
  const same = (known) => known.toLowerCase() === many.camel.toLowerCase();
  if (taken.collections.some(same)) throw refused(name, `there is a collection "${many.camel}"`);
  if (taken.models.includes(one.pascal)) throw refused(name, `there is a model "${one.pascal}"`);
}

/** As the linter wants it: other names are of another length, and imports are sorted by them. */
function formatted({ path, text }) {
  const program = inProject("node_modules", "@biomejs", "biome", "bin", "biome");
  const args = [program, "check", "--write", `--stdin-file-path=${path}`];
  const run = spawnSync(process.execPath, args, { input: text, encoding: "utf8", cwd: inProject() });
  if (run.status !== 0) throw new SetupFailure(`${path} could not be formatted:\n${run.stderr}`);
  return { path, text: run.stdout };
}

async function main({ names, kind }) {
  checkNodeVersion();
  await installDependencies();
  await build();
  const files = filesOf(names, kind);
  await checkFree(names, files);
  const list = formatted(listWith(names));
  writeAll(files.map(formatted), list);
  for (const { path } of [...files, list]) say(`wrote ${path}`);
  say(`try it: npm test -- tests/integration/${names.many.kebab}.test.ts`);
  say("and describe it in docs/: npm run docs");
}

await runScript(async () => {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === undefined) process.stdout.write(USAGE);
  else await main(wanted);
});
