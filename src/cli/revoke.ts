import { answered, askingFor, serverApi } from "./access.js";
import type { Given, Terminal } from "./command.js";

/** What the server API takes as it is; anything else is the name of a user. */
const TARGET = /^(user|token):/;

export async function runRevoke(given: Given, terminal: Terminal): Promise<number> {
  const [operand = ""] = given.operands;
  const target = TARGET.test(operand) ? operand : `user:${operand}`;
  const api = await serverApi(given, terminal);
  const call = api.post("/v1/revocations", { body: { targets: [target] } });
  const { issuedBefore, effectiveBy, closedBy } = await answered(
    await askingFor("`revoke`", given, terminal),
    call,
  );
  const what = target.startsWith("token:")
    ? `The token ${target.slice("token:".length)} is void`
    : `Tokens of ${target.slice("user:".length)} issued before ${new Date(issuedBefore * 1000).toISOString()} are void`;
  await terminal.write(
    given.flag("json")
      ? `${JSON.stringify({ target, issuedBefore, effectiveBy, closedBy })}\n`
      : `${what}: on all instances by ${effectiveBy}, and the last connection is closed by ${closedBy}\n`,
  );
  return 0;
}
