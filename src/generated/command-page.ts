import type { Command } from "../cli/command.js";
import { COMMANDS } from "../cli/commands.js";
import { optionForm, usageOf } from "../cli/help.js";
import { GENERATED_BY } from "../contract/about.js";
import { code, page, table } from "./markdown.js";

const INTRODUCTION = [
  "For operators and developers. `npx shoal COMMAND` in the project's folder installs and builds what is missing, and changes nothing that is there; in the production image it is",
  "`node dist/cli/main.js COMMAND`. Below it is called `shoal`. It reads the same variables as the server, in the project's folder those of `.env`, too.",
];

const VARIABLES = [
  ["`SHOAL_URL`", "where the server is; default `http://localhost` with `PORT` or 3000"],
  ["`SHOAL_KEY`", "[key of the server API](server-api.md#a-key)"],
  ["`SHOAL_TOKEN`", "token of a user, for what users may do, where there is no key"],
] as const;

/** docs/command.md: what `--help` says of each subcommand. */
export function commandPage(): string {
  return page("The command shoal", GENERATED_BY, [
    INTRODUCTION.join("\n"),
    table(
      ["command", "what it does"],
      COMMANDS.map(({ name, summary }) => [`[${code(name)}](#shoal-${name})`, summary]),
    ),
    "`shoal COMMAND --help` tells the same as this page, and `shoal --version` the version. Results go to standard output, everything else to standard error, an error as one line. Variables of the commands that call a server:",
    table(["variable", "meaning"], VARIABLES),
    ...COMMANDS.flatMap(section),
  ]);
}

function section(command: Command): string[] {
  const { name, summary, operands, options, notes, examples, exits } = command;
  return [
    `## shoal ${name}`,
    summary,
    `\`\`\`text\n${usageOf(command)}\n\`\`\``,
    table(
      ["argument", "meaning"],
      [
        ...operands.map((one) => [code(one.name), one.desc]),
        ...Object.entries(options).map(([option, declared]) => [
          code(optionForm(option, declared)),
          declared.desc,
        ]),
      ],
    ),
    ...notes,
    `\`\`\`sh\n${examples.map(({ line, desc }) => `${line}   # ${desc}`).join("\n")}\n\`\`\``,
    `Exit codes: ${Object.entries(exits)
      .map(([exit, meaning]) => `${exit} ${meaning}`)
      .join("; ")}.`,
  ];
}
