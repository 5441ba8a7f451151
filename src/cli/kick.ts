import { answered, askingFor, serverApi } from "./access.js";
import type { Given, Terminal } from "./command.js";

export async function runKick(given: Given, terminal: Terminal): Promise<number> {
  const [user = ""] = given.operands;
  const api = await serverApi(given, terminal);
  const reconnect = !given.flag("stay-away");
  const call = api.post("/v1/users/:user/disconnect", { params: { user }, body: { reconnect } });
  const { connections } = await answered(await askingFor("`users`", given, terminal), call);
  const after = reconnect ? "clients come back by themselves" : "stock clients stay away";
  await terminal.write(
    given.flag("json")
      ? `${JSON.stringify({ user, connections })}\n`
      : `${connections} connection${connections === 1 ? "" : "s"} of ${user} ended; ${after}\n`,
  );
  return 0;
}
