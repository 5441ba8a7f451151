import { randomUUID } from "node:crypto";
import type { Json } from "shoal/server";
import { answered, askingFor, reasonOf, serverApi, userApi } from "./access.js";
import { CommandFailure, type Given, type Terminal, wrongUsage } from "./command.js";

export async function runPublish(given: Given, terminal: Terminal): Promise<number> {
  const [room = "", text = ""] = given.operands;
  const body = bodyOf(text === "-" ? await terminal.read() : text, given.flag("json"));
  const id = given.text("id") ?? randomUUID();
  const seq = await stored(given, terminal, { room, id, body });
  await terminal.write(
    given.flag("json") ? `${JSON.stringify({ room, id, seq })}\n` : `stored in ${room} as ${seq}\n`,
  );
  return 0;
}

/** @throws {CommandFailure} for what is no body of a message. */
function bodyOf(text: string, isJson: boolean): Json {
  if (!isJson) return text.replace(/\n$/, "");
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw wrongUsage("BODY must be JSON, as --json says");
  }
}

/** The message's number. With a key it is from whomever the key's holder says, else from the user. */
async function stored(
  given: Given,
  terminal: Terminal,
  { room, id, body }: { room: string; id: string; body: Json },
): Promise<number> {
  const asking = await askingFor(`\`publish\` in ${room}`, given, terminal);
  if (asking.by !== "key") {
    const call = userApi(given, terminal).post("/rooms/:room/messages", {
      params: { room },
      body: { id, body },
    });
    return (await answered(asking, call)).seq;
  }
  const api = await serverApi(given, terminal);
  const [result] = await answered(
    asking,
    api.publish([{ room, id, body, from: given.text("from") ?? "shoal" }]),
  );
  if (result?.ok === true) return result.seq;
  throw new CommandFailure(result === undefined ? "There is no result" : reasonOf(result.error, asking));
}
