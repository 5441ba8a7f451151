import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Router } from "express";
import { staticFiles } from "./static-files.js";

const VIEWER_DIR = fileURLToPath(new URL("../../../viewer", import.meta.url));

/**
 * The page that shows the API and lets one try it, for `/docs`. Its viewer is a dependency of development: where it is not installed, as
 * in the image, there is no page.
 */
export function docsPage(): Router {
  const swaggerUi = directoryOf("swagger-ui-dist");
  if (swaggerUi === undefined || !existsSync(VIEWER_DIR)) return Router();
  return Router()
    .use("/swagger-ui", staticFiles(swaggerUi, { index: false }))
    .use(staticFiles(VIEWER_DIR, { index: "index.html" }));
}

function directoryOf(name: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}
