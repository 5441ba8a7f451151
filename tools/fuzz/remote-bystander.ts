import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Bystander, BystanderSpec, Seen } from "../../tests/fuzz/bystander.js";
import { onEnd } from "../../tests/support/cleanup.js";
import type { Answer, Request } from "./bystander-main.js";

const MAIN = fileURLToPath(new URL("./bystander-main.js", import.meta.url));

/** A bystander in a process of its own: what this one is busy with is not waited for by who is measured. Ends by itself. */
export async function inviteBystander(spec: BystanderSpec): Promise<Bystander> {
  const child = fork(MAIN, { serialization: "advanced" }); // JSON has no NaN, which a percentile of nothing is
  onEnd(async () => {
    if (child.exitCode !== null) return;
    child.disconnect();
    await once(child, "exit");
  });

  async function ask(request: Request): Promise<unknown> {
    child.send(request);
    const [answer] = (await once(child, "message")) as [Answer];
    if ("error" in answer) throw new Error(answer.error);
    return answer.value;
  }

  await ask({ start: spec });
  return {
    look: () => ask({ look: true }) as Promise<Seen>,
    stop: () => ask({ stop: true }) as Promise<readonly string[]>,
  };
}
