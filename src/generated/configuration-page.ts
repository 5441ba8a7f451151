import { GENERATED_BY } from "../contract/about.js";
import { type Rate, rateInWords } from "../engine/config/values.js";
import { VARIABLES } from "../engine/config/variables.js";
import { code, page, table } from "./markdown.js";

const INTRODUCTION =
  "Variables of the environment. [deploying.md](deploying.md#configuration) says how they are read.";

interface Variable {
  readonly default?: unknown;
  readonly devDefault?: unknown;
  readonly desc?: string;
}

/** docs/configuration.md: every variable that is read. */
export function configurationPage(): string {
  const variables = Object.entries<Variable>(VARIABLES);
  return page("Configuration", GENERATED_BY, [
    INTRODUCTION,
    "## Variables",
    table(
      ["variable", "default", "meaning"],
      variables.map(([name, variable]) => [code(name), defaultOf(name, variable), variable.desc ?? ""]),
    ),
  ]);
}

/** Both where production differs. */
function defaultOf(name: string, variable: Variable): string {
  if (name === "WORKERS") return "one per core";
  if (variable.devDefault === undefined) return shown(variable.default);
  return `${shown(variable.devDefault)}; ${shown(variable.default)} in production`;
}

function shown(value: unknown): string {
  if (isRate(value)) return code(rateInWords(value));
  const isNone =
    ["", false, undefined].includes(value as string) || (Array.isArray(value) && value.length === 0);
  if (isNone) return "—";
  return code(typeof value === "object" ? JSON.stringify(value) : String(value));
}

function isRate(value: unknown): value is Rate {
  return typeof value === "object" && value !== null && "perSecond" in value;
}
