import type { Io } from "./io.js";

/** An Engine.IO connection, as far as others than the fan-out use it. */
export interface EngineClient {
  readonly transport: { readonly name: string };
}

/**
 * All Engine.IO connections of this worker by session id, those included that have not joined yet. Undefined before the
 * engine is attached, and where a version has its table elsewhere: Engine.IO does not type it.
 */
export function engineClients(io: Io): Readonly<Record<string, EngineClient>> | undefined {
  const engine = io.engine as unknown as
    | { readonly clients?: Readonly<Record<string, EngineClient>> }
    | undefined;
  return engine?.clients;
}
