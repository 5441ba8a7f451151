import { answered, askingFor, serverApi } from "./access.js";
import type { Given, Terminal } from "./command.js";

export async function runRooms(given: Given, terminal: Terminal): Promise<number> {
  const api = await serverApi(given, terminal);
  const asking = await askingFor("`rooms`", given, terminal);
  const prefix = given.text("prefix");
  const isJson = given.flag("json");
  let after: string | undefined;
  let count = 0;
  do {
    const query = { ...(prefix === undefined ? {} : { prefix }), ...(after === undefined ? {} : { after }) };
    const page = await answered(asking, api.get("/v1/rooms", { query }));
    if (count === 0 && page.rooms.length > 0 && !isJson) await terminal.write(line("HEAD", "GONE", "ROOM"));
    for (const room of page.rooms)
      await terminal.write(isJson ? `${JSON.stringify(room)}\n` : line(room.head, room.floor, room.room));
    count += page.rooms.length;
    after = page.next;
  } while (after !== undefined && !terminal.ended.aborted);
  if (count === 0 && !isJson)
    terminal.note(prefix === undefined ? "no rooms" : `no rooms begin with ${prefix}`);
  return 0;
}

function line(head: number | string, floor: number | string, room: string): string {
  return `${String(head).padStart(12)} ${String(floor).padStart(12)}  ${room}\n`;
}
