import type { Command } from "./command.js";
import { DOCTOR } from "./doctor/declaration.js";
import { KICK, PUBLISH, REVOKE, ROOMS, TAIL } from "./room-commands.js";
import { KEY, TOKEN } from "./secret-commands.js";

/** All subcommands, in the order of the help. */
export const COMMANDS: readonly Command[] = [DOCTOR, TOKEN, KEY, TAIL, ROOMS, PUBLISH, KICK, REVOKE];
