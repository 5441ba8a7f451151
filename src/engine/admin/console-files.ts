import { existsSync, readdirSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import send from "send";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

/** What the page may do: load its own files, and ask the port that it comes from. */
const HEADERS: Readonly<Record<string, string>> = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** Whether a path is one of the console's; all others of the private port are somebody else's. */
export function isConsolePath(path: string): boolean {
  return path === "/" || path.startsWith("/console/");
}

/** Answers the paths of the console with its files, of which there is no data in any. Names are compared and never made into paths. */
export function createConsoleFiles(): RequestListener {
  const files = consoleFiles();
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const file = files.get(path);
    if (file === undefined) {
      response
        .writeHead(404, { "Content-Type": "text/plain; charset=utf-8" })
        .end("There is nothing at this address\n");
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
      return;
    }
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    // Looked up each time, as an instance of another version may answer next.
    response.setHeader("Cache-Control", "no-cache");
    send(request, basename(file), { root: dirname(file), index: false, cacheControl: false }).pipe(response);
  };
}

/** Addresses and files. An instance is worth more than its console: what is not installed is not there. */
function consoleFiles(): ReadonlyMap<string, string> {
  const folder = join(PROJECT, "console");
  const own = existsSync(folder) ? readdirSync(folder).filter((name) => name !== "index.html") : [];
  return new Map([
    ...own.map((name): [string, string] => [`/console/${name}`, join(folder, name)]),
    ["/", join(folder, "index.html")],
    ["/console/runbook.md", join(PROJECT, "docs/runbook.md")],
    ...filesOf("uplot", "dist", ["uPlot.esm.js", "uPlot.min.css"]),
    ...filesOf("marked", "lib", ["marked.esm.js"]),
  ]);
}

function filesOf(name: string, folder: string, files: readonly string[]): [string, string][] {
  try {
    const root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return files.map((file) => [`/console/${name}/${file}`, join(root, folder, file)]);
  } catch {
    return [];
  }
}
