import type { Connection } from "mongoose";
import { features } from "../app/features.js";
import { asyncapi } from "../contract/asyncapi.js";
import { openapi } from "../contract/openapi.js";
import { outline } from "../contract/outline.js";
import { readConfig } from "../engine/config/config.js";
import { inputLimitsOf } from "../engine/worker/input-limits.js";
import { clientContract, serverContract } from "./client-contract.js";
import { commandPage } from "./command-page.js";
import { configurationPage } from "./configuration-page.js";
import { entriesPage } from "./entries-page.js";
import { internalsPage } from "./internals-page.js";
import { protocolPage } from "./protocol-page.js";

/** What `npm run docs` writes, by path. Its limits are those of a default configuration. */
export function generatedFiles(connection: Connection): Readonly<Record<string, string>> {
  const config = readConfig({});
  const declared = outline(features, inputLimitsOf(config), connection, config.settings);
  return {
    "client/contract.ts": clientContract(declared),
    "client/server/contract.ts": serverContract(declared),
    "docs/openapi.json": asText(openapi(declared)),
    "docs/asyncapi.json": asText(asyncapi(declared)),
    "docs/protocol.md": protocolPage(declared),
    "docs/entries.md": entriesPage(declared),
    "docs/configuration.md": configurationPage(),
    "docs/command.md": commandPage(),
    "docs/internals.md": internalsPage(),
  };
}

function asText(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
