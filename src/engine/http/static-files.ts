import { existsSync, readdirSync } from "node:fs";
import { sep } from "node:path";
import compression from "compression";
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

/**
 * The files below a directory, for GET and HEAD; `index` is the one that the directory itself is answered with. Compressed, as nothing else
 * is: they are the same for everyone, while an answer that carries a secret next to what a client sent would tell it by its size.
 */
export function staticFiles(directory: string, { index }: { readonly index: string | false }): Router {
  const setHeaders = ({ locals }: Response): void => {
    locals.isFile = true;
  };
  const router = Router();
  const paths = index === false ? addressesIn(directory) : ["/", ...addressesIn(directory)];
  if (paths.length > 0) router.get(paths, compression());
  router.use(express.static(directory, { index, setHeaders }));
  return paths.length === 0 ? router : router.all(paths, allowOnly(["GET"]));
}

/** Looked up once: names are compared and never made into paths. */
function addressesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}${sep}${entry.name}`.slice(directory.length).replaceAll(sep, "/"));
}
