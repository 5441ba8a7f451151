#!/usr/bin/env node
import { runCli } from "./cli.js";
import { createTerminal } from "./terminal.js";

// The only place of the command that looks at its process: all else is given what it needs.
const terminal = createTerminal(process);
process.exitCode = await runCli(process.argv.slice(2), terminal);
// A request under way, or a client of a store that cannot be closed in time, keeps nobody waiting.
terminal.close();
