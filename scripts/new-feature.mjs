import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { SetupFailure } from "./setup/failure.mjs";
import { inProject } from "./setup/project.mjs";

/** The features that new ones are made of: they are linted and their types are checked like all else. */
const TEMPLATES = { whole: inProject("examples", "notes"), bare: inProject("examples", "bare-notes") };
const LIST = ["src", "app", "features.ts"];

/** The names in a feature's code: `shopping-lists` and `shopping-list` give `shoppingLists`, `ShoppingList`, … */
export function namesOf(feature, one = singularOf(feature)) {
  return { many: forms(feature), one: forms(one) };
}

function singularOf(word) {
  return word.replace(/ies$/, "y").replace(/(?<![suix])s$/, "");
}

function forms(kebab) {
  const camel = kebab.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
  return {
    kebab,
    camel,
    pascal: capital(camel),
    words: kebab.replaceAll("-", " "),
  };
}

/**
 * What `npm run new` writes: paths from the project's folder and their texts, which are not formatted yet. `kind` is `whole`, or `bare`
 * for a feature without data.
 */
export function filesOf(names, kind) {
  const feature = names.many.kebab;
  return readdirSync(TEMPLATES[kind])
    .sort()
    .map((name) => {
      const isTest = name.endsWith(".test.ts");
      const text = rename(readFileSync(join(TEMPLATES[kind], name), "utf8"), names);
      return {
        path: join(
          ...(isTest ? ["tests", "integration"] : ["src", "app", feature]),
          name.replace("notes", feature),
        ),
        text: isTest ? text.replaceAll('"../../tests/', '"../') : text.replaceAll('"../../src/', '"../../'),
      };
    });
}

/** What stands before the name, the rest of its identifier, and the name. */
const OWN_NAME = /(collection: "|["'`/:])?([A-Za-z]*?)([Nn])ote(s?)([A-Za-z]*)/g;

function rename(text, names) {
  return text
    .split("\n")
    .map((line) => {
      const isProse = /^\s*(\/\*\*|\*|\/\/)|\bsummary:|\btest\("/.test(line);
      return line.replace(OWN_NAME, (_, before = "", start, initial, s, rest) => {
        const form = s === "s" ? names.many : names.one;
        // A word of a sentence, an identifier, or a name in a path, of an event, a channel or a file.
        const isWord = isProse && before + start + rest === "";
        const isIdentifier = before === "" || before.startsWith("collection");
        const upper = isWord ? capital(form.words) : form.pascal;
        const lower = isWord ? form.words : isIdentifier ? form.camel : form.kebab;
        return before + start + (initial === "N" ? upper : lower) + rest;
      });
    })
    .join("\n");
}

function capital(words) {
  return words[0].toUpperCase() + words.slice(1);
}

/**
 * The words of the templates' code besides their own, and what the list of features is called: an identifier that is one of them would be
 * declared twice.
 */
export function takenWords() {
  const code = Object.values(TEMPLATES)
    .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8")))
    .join("\n")
    .replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*|"[^"]*"/g, "");
  const words = code.match(/\b[A-Za-z]\w*/g)?.filter((word) => !/note/i.test(word)) ?? [];
  return new Set([...words, "features"]);
}

/** The list of features with one more. */
export function listWith({ many: { camel, kebab } }) {
  const text = readFileSync(inProject(...LIST), "utf8");
  const line = `import { ${camel} } from "./${kebab}/${kebab}.feature.js";\n`;
  const listed = text.replace(/(features: readonly Feature\[\] = \[[^\]]*?),?\s*\]/, `$1, ${camel}]`);
  if (listed === text) throw new Error(`${LIST.join("/")} has no list of features`);
  return { path: join(...LIST), text: line + listed };
}

/** Writes all of it or, when that fails, nothing. New files come first, as nobody looks at them without the list. */
export function writeAll(files, list) {
  const made = [];
  try {
    for (const { path, text } of files) {
      made.push(mkdirSync(dirname(inProject(path)), { recursive: true }));
      writeFileSync(inProject(path), text, { flag: "wx" });
      made.push(inProject(path));
    }
    const draft = inProject(`${list.path}.new`);
    writeFileSync(draft, list.text, { flag: "wx" });
    made.push(draft);
    renameSync(draft, inProject(list.path));
  } catch (error) {
    for (const path of made.filter((one) => one !== undefined).reverse()) {
      rmSync(path, { recursive: true, force: true });
    }
    throw new SetupFailure(`Nothing was written: ${error.message}`);
  }
}
