import { existsSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import express, { type Response, Router } from "express";
import { allowOnly } from "./allow-only.js";

declare global {
  namespace Express {
    interface Locals {
      /** The answer is a file, not one that the application gave. */
      isFile?: boolean;
    }
  }
}

/** The files below a directory, for GET and HEAD; `index` is the one that the directory itself is answered with. */
export function staticFiles(directory: string, { index }: { readonly index: string | false }): Router {
  const setHeaders = ({ locals }: Response): void => {
    locals.isFile = true;
  };
  const router = Router().use(express.static(directory, { index, setHeaders }));
  const paths = index === false ? addressesIn(directory) : ["/", ...addressesIn(directory)];
  return paths.length === 0 ? router : router.all(paths, allowOnly(["GET"]));
}

/** Looked up once: names are compared and never made into paths. */
function addressesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`.slice(directory.length).replaceAll(sep, "/"));
}
