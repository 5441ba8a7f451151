import { z } from "zod";
import type { Json } from "./domain.js";
import { TOO_LARGE } from "./validation.js";

/** Nesting beyond this is refused: codecs between the processes recurse, and a deep value would overflow their stacks. */
const MAX_DEPTH = 32;

/**
 * Schema of a JSON value other than null whose JSON text has at most `limitBytes` bytes in UTF-8. Binary attachments
 * are not JSON.
 */
export function boundedJson(limitBytes: number) {
  return z
    .custom<Json>()
    .superRefine((value, context) => {
      if (value === undefined || value === null) {
        context.addIssue("is required");
      } else if (!isJson(value, 0)) {
        context.addIssue(`must be a JSON value of at most ${MAX_DEPTH} levels`);
      } else if (Buffer.byteLength(JSON.stringify(value)) > limitBytes) {
        context.addIssue({
          code: "custom",
          message: `must not exceed ${limitBytes} bytes`,
          params: TOO_LARGE,
        });
      }
    })
    .meta({
      description: `Any JSON value but null, of at most ${limitBytes} bytes as JSON text and ${MAX_DEPTH} levels`,
      "x-max-bytes": limitBytes,
    });
}

function isJson(value: unknown, depth: number): boolean {
  // A number like 1e400 is read as infinity, for which JSON has no text: it would be stored as null.
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return typeof value === "string" || typeof value === "boolean";
  if (value === null) return true;
  if (depth >= MAX_DEPTH || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return false;
  return Object.values(value).every((inner) => isJson(inner, depth + 1));
}
