/** A reason not to start that an operator can act on: `message` is shown as one line, without a stack, and must carry no secret. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** True when the cause may pass by itself (a store that is away), so that starting again later makes sense. */
  readonly temporary: boolean;

  constructor(message: string, options?: { cause?: unknown; temporary?: boolean }) {
    super(message, options);
    this.temporary = options?.temporary ?? false;
  }
}
