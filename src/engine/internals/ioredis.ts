import { createRequire } from "node:module";
import { type Duplex, PassThrough } from "node:stream";

// ioredis 6 beyond its documentation: what takes the replies of every connection, also of those that it makes for itself, to
// sentinels and nodes of a cluster, which get no option that would do.

interface Waiting {
  readonly command: { readonly name: string; readonly args: readonly unknown[] };
}

/** The part of a client that a handler works with. */
interface Owner {
  readonly stream: Duplex;
  readonly commandQueue: { peekFront(): Waiting | undefined };
  readonly condition: { readonly protocol: number };
}

interface Handler {
  dispatch(take: () => void): void;
  returnReply(reply: unknown): void;
  returnPush(push: unknown): void;
  returnError(error: Error): void;
}

type HandlerClass = new (owner: Owner, options: unknown) => Handler;

/** What is looked at before the client believes it; each throws when it must not. */
export interface ReplyChecks {
  /** For a new connection: gets its bytes. */
  readonly bytes: () => (chunk: Buffer) => void;
  readonly push: (push: unknown) => void;
  readonly reply: (command: string, args: readonly unknown[], reply: unknown) => void;
  readonly refusal: (error: Error) => void;
}

const load = createRequire(import.meta.url);

/** Replies to `info` that checks refuse, or that the library stumbles over. */
const FAULTS = ["+reply\r\n", ">1\r\n+push\r\n", "-refusal\r\n", ">1\r\n_\r\n"];

let stock: HandlerClass | undefined;

/**
 * From now on a connection is cut on which the client would stumble: it throws what it stumbles over where nobody can catch it, which
 * ends the process. Cut, a connection is like any that is lost: what waits for an answer is asked again, or fails. Idempotent.
 */
export function guardReplies(checks: ReplyChecks): void {
  const module = handlerModule();
  stock ??= module.default;
  module.default = guarded(stock, checks);
}

/** Whether a connection of the installed version would be cut at the replies for which it has to be. */
export function canGuardReplies(): boolean {
  const Stock = stock ?? handlerModule().default;
  return FAULTS.every((fault, index) => {
    const refuse = (): void => {
      if (index < FAULTS.length - 1) throw new Error("refused");
    };
    const checks = { bytes: () => () => {}, push: refuse, reply: refuse, refusal: refuse };
    const stream = new PassThrough().on("error", () => {});
    const queue = { peekFront: () => ({ command: { name: "info", args: [] } }) };
    new (guarded(Stock, checks))({ stream, commandQueue: queue, condition: { protocol: 3 } }, {});
    stream.emit("data", Buffer.from(fault));
    return stream.destroyed;
  });
}

function handlerModule(): { default: HandlerClass } {
  return load("ioredis/built/DataHandler.js") as { default: HandlerClass };
}

function guarded(Stock: HandlerClass, checks: ReplyChecks): HandlerClass {
  return class extends Stock {
    readonly #owner: Owner;
    readonly #stream: Duplex;

    constructor(owner: Owner, options: unknown) {
      super(owner, options);
      this.#owner = owner;
      this.#stream = owner.stream;
      const check = checks.bytes();
      const [parse] = this.#stream.listeners("data") as ((chunk: Buffer) => void)[]; // it has put itself first
      if (parse === undefined) return;
      this.#stream.off("data", parse).prependListener("data", (chunk: Buffer) => {
        this.#cutOnError(() => {
          check(chunk);
          parse(chunk);
        });
      });
    }

    /** Each answer goes through here. The original throws a turn later, out of everybody's reach. */
    override dispatch(take: () => void): void {
      this.#cutOnError(take);
    }

    override returnReply(reply: unknown): void {
      const command = this.#owner.commandQueue.peekFront()?.command;
      if (command !== undefined) checks.reply(command.name.toLowerCase(), command.args, reply);
      super.returnReply(reply);
    }

    override returnPush(push: unknown): void {
      checks.push(push);
      super.returnPush(push);
    }

    override returnError(error: Error): void {
      checks.refusal(error);
      super.returnError(error);
    }

    /** What comes after it on the same connection cannot be told apart any more. */
    #cutOnError(act: () => void): void {
      if (this.#stream.destroyed) return;
      try {
        act();
      } catch (error) {
        this.#stream.destroy(error as Error);
      }
    }
  };
}
