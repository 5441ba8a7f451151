import { type Bystander, type BystanderSpec, startBystander } from "../../tests/fuzz/bystander.js";

/** What a bystander in a process of its own is asked for, one at a time. */
export type Request = { readonly start: BystanderSpec } | { readonly look: true } | { readonly stop: true };
export type Answer = { readonly value: unknown } | { readonly error: string };

async function answer(request: Request): Promise<unknown> {
  if ("start" in request) {
    bystander = await startBystander(request.start);
    return undefined;
  }
  return "look" in request ? bystander?.look() : bystander?.stop();
}

let bystander: Bystander | undefined;
process.on("message", (request: Request) => {
  answer(request).then(
    (value) => process.send?.({ value } satisfies Answer),
    (error: unknown) => process.send?.({ error: String(error) } satisfies Answer),
  );
});
// Ctrl-C is for the one who has started this.
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit());
