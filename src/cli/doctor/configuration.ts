import { authWarnings } from "../../engine/config/auth-warnings.js";
import { type Config, readConfig } from "../../engine/config/config.js";
import { misspeltVariables, unknownVariableWarning } from "../../engine/config/unknown-variables.js";
import { VARIABLES } from "../../engine/config/variables.js";
import { StartError } from "../../engine/process/start-error.js";
import { type Check, fail, ok, warn } from "./check.js";

/** The variables: wrong ones, misspelt ones, and those that let everybody in. */
export function configurationCheck(environment: NodeJS.ProcessEnv, read: ReadConfig): Check {
  return {
    name: "configuration",
    see: "docs/runbook.md#an-instance-does-not-start",
    async run() {
      const misspelt = misspeltVariables(environment).map(unknownVariableWarning);
      if ("problem" in read) {
        const found = [read.problem, ...misspelt].join("; ");
        return fail(found, "mend these variables; nothing that needs them was looked at");
      }
      const { config } = read;
      const warnings = [...misspelt, ...authWarnings(config)];
      if (warnings.length > 0)
        return warn(warnings.join("; "), "set what is meant, see docs/configuration.md");
      const set = Object.keys(VARIABLES).filter((name) => (environment[name] ?? "") !== "");
      return ok(
        `${config.environment}; ${set.length} variables set${set.length > 0 ? `: ${set.join(", ")}` : ""}`,
      );
    },
  };
}

/** The configuration, or what is wrong with it; where that is only the keys of the server API, with the rest. */
export type ReadConfig =
  | { readonly config: Config }
  | { readonly problem: string; readonly withoutKeys: Config | undefined };

/** @throws what is a defect. */
export function configOf(environment: NodeJS.ProcessEnv): ReadConfig {
  const read = configOrProblem(environment);
  if ("config" in read) return read;
  // Keys are a list that people write by hand; stores, ports and proxies can be looked at without one.
  const rest = configOrProblem({ ...environment, API_KEYS: "", API_KEYS_FILE: "" });
  return { ...read, withoutKeys: "config" in rest ? rest.config : undefined };
}

function configOrProblem(
  environment: NodeJS.ProcessEnv,
): { readonly config: Config } | { readonly problem: string } {
  try {
    return { config: readConfig(environment) };
  } catch (error) {
    if (error instanceof StartError) return { problem: error.message };
    throw error;
  }
}
