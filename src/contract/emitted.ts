import type { z } from "zod";

/** An event that clients receive. The only way to send one is by its declaration. */
export interface Emitted<Schema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** A sentence for the documentation. */
  readonly summary: string;
  readonly payload: Schema;
}

/** Declares an event that clients receive. */
export function emitted<Schema extends z.ZodType>(
  name: string,
  { summary, payload }: Omit<Emitted<Schema>, "name">,
): Emitted<Schema> {
  return { name, summary, payload };
}
