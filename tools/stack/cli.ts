import { aborted } from "../shared/aborted.js";
import { isFree } from "../shared/ports.js";
import type { Exit } from "../shared/program.js";
import { createStack } from "./stack.js";

/** What the command line says; see the usage in tools/stack.mjs. */
export interface CliOptions {
  readonly project: string;
  readonly port: number;
  readonly workers: number;
  readonly instances: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line for the user. */
  readonly print: (line: string) => void;
  /** Aborted when the user wants it to end. */
  readonly interrupted: AbortSignal;
}

/** Runs a stack until it is interrupted. Resolves with the exit code: 0, or 1 when it did not start or stop in good order. */
export async function runStackCli(options: CliOptions): Promise<number> {
  const { print, interrupted, port } = options;
  if (!(await isFree(port))) {
    print(`Port ${port} is in use. Choose another one: npm run stack -- --port ${port + 1}`);
    return 1;
  }
  const width = `app${options.instances}`.length;
  const watcher = {
    line: (member: string, text: string) => print(`${member.padEnd(Math.max(width, 7))} | ${text}`),
    lost: (member: string, { code, signal }: Exit) =>
      print(`! ${member} has ended unasked, with ${signal ?? `code ${code}`}; the others go on`),
  };
  const stack = await createStack({ ...options, watcher });
  const ending = aborted(interrupted);
  let code = 0;
  try {
    print("> starting MongoDB, Redis, the instances and nginx");
    const started = stack.start().then(() => announce(stack, print));
    await Promise.race([started, ending]);
    await ending;
  } catch (error) {
    if (!interrupted.aborted) code = 1;
    print(`! ${error instanceof Error ? error.message : String(error)}`);
  }
  print("> stopping nginx, the instances, Redis and MongoDB");
  await stack.stop().catch((error: unknown) => {
    print(`! ${String(error)}`);
    code = 1;
  });
  print("> stopped");
  return code;
}

function announce(stack: Awaited<ReturnType<typeof createStack>>, print: (line: string) => void): void {
  const list = stack.instances.map(({ name, url, pid }) => `${name} ${url} (process ${pid()})`);
  print(`> instances: ${list.join(", ")}`);
  print(`> nginx logs requests to ${stack.accessLog()}`);
  print(`> Shoal is at ${stack.url.replace("127.0.0.1", "localhost")}; Ctrl-C ends everything`);
}
