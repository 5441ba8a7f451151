/** An option of a command, as node:util's parseArgs takes it, with what the help says of it. */
export interface Option {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** Stands for its value in the help; of options that take one. */
  readonly value?: string;
  readonly desc: string;
}

/** What stands on a command line without a name. All of them are required. */
export interface Operand {
  readonly name: string;
  readonly desc: string;
}

/** One use of a command. */
export interface Example {
  readonly line: string;
  readonly desc: string;
}

/** A subcommand of `shoal`. Its help and docs/command.md are made of this. */
export interface Command {
  readonly name: string;
  /** A sentence. */
  readonly summary: string;
  readonly operands: readonly Operand[];
  readonly options: Readonly<Record<string, Option>>;
  /** Paragraphs about what the options do not say. */
  readonly notes: readonly string[];
  readonly examples: readonly Example[];
  /** What its exit codes mean. */
  readonly exits: Readonly<Record<number, string>>;
  /** Loads what it does: nothing else is loaded than what the given command needs. */
  load(): Promise<Run>;
}

/** Does it, and resolves with the exit code. @throws {CommandFailure}, {StartError} */
export type Run = (given: Given, terminal: Terminal) => Promise<number>;

/** What was given on the command line, checked against the declaration. */
export interface Given {
  /** As many as are declared, in their order. */
  readonly operands: readonly string[];
  /** The value of an option that takes one. */
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** What a command has around it. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv;
  /** Writes a result to standard output; resolves once it has room for more. */
  write(text: string): Promise<void>;
  /** Tells the person one line on standard error. */
  note(line: string): void;
  /** Whether a person sees standard error. */
  readonly isSeen: boolean;
  /** Whether a person sees standard output, and wants colours. */
  readonly hasColours: boolean;
  /** All that comes from standard input. */
  read(): Promise<string>;
  /** Aborted by Ctrl-C, by SIGTERM, and when nobody reads standard output any more. */
  readonly ended: AbortSignal;
}

/** Why a command did not do what it was to do, in one line for whoever called it. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: number;

  /** `exitCode`: default 1. */
  constructor(message: string, exitCode = 1, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** For what cannot be used as it was given. */
export function wrongUsage(message: string): CommandFailure {
  return new CommandFailure(message, 2);
}

/** Codes of commands that do something and are done. */
export const USUAL_EXITS = {
  0: "done",
  1: "it could not be done, and standard error says why",
  2: "the arguments, or variables, cannot be used",
} as const;
