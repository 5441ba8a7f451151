/** Frames that wait for a connection, in order. Connections with the same frames share one run, and so its bytes. */
export class FrameRun {
  readonly byteLength: number;
  readonly #frames: readonly Buffer[];
  #bytes: Buffer | undefined;
  #nextFrame: Buffer | undefined;
  #nextRun: FrameRun | undefined;

  constructor(frames: readonly Buffer[], byteLength: number) {
    this.#frames = frames;
    this.byteLength = byteLength;
  }

  /**
   * This run with one more frame. A broadcast extends the runs of its members one after the other, and most members have the
   * same run: remembering the last result is enough to make them share the new one.
   */
  with(frame: Buffer): FrameRun {
    if (this.#nextFrame !== frame || this.#nextRun === undefined) {
      this.#nextFrame = frame;
      this.#nextRun = new FrameRun([...this.#frames, frame], this.byteLength + frame.length);
    }
    return this.#nextRun;
  }

  /** Put together once for all that share it: a row of WebSocket frames is itself what goes over the wire. */
  bytes(): Buffer {
    this.#bytes ??=
      this.#frames.length === 1 ? this.#frames[0] : Buffer.concat(this.#frames, this.byteLength);
    return this.#bytes as Buffer;
  }
}
