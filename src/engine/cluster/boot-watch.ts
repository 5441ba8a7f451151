/** Time between two looks, in milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Looks without a further stage after which a start counts as hung. */
const SILENT_LOOKS = 60;

/** The watch over one worker's start. */
export interface BootWatch {
  /** The worker has reached a further stage of its start: the silence begins again. */
  reached(stage: string): void;
  /** The worker is ready or has ended. Idempotent. */
  end(): void;
}

/** When a start counts as hung; the defaults are {@link LOOK_EVERY_MS} and {@link SILENT_LOOKS}. */
export interface BootPatience {
  readonly lookEveryMs: number;
  readonly silentLooks: number;
}

/**
 * Tells a start that hangs from one that is slow. There is no limit for a start as a whole: each stage that the worker
 * reports (its process runs, its code is loaded, one more of its components has started) begins the silence again, and only
 * a silence of 60 s ends the watch with `onHung`, once, with the reason.
 *
 * Silence is counted in looks and not by the clock: on a busy machine this process comes late to its looks, and a machine that was
 * asleep is not a worker that hung. What the worker waits for a processor, `waitedMs` in all, is no silence either: on a busy machine this
 * process, which sleeps between its looks, gets its turns sooner than a worker that loads its code.
 */
export function createBootWatch(
  onHung: (reason: string) => void,
  waitedMs: () => number,
  { lookEveryMs, silentLooks }: BootPatience = { lookEveryMs: LOOK_EVERY_MS, silentLooks: SILENT_LOOKS },
): BootWatch {
  let lastStage = "fork";
  let looks = 0;
  let waitedBeforeMs = waitedMs();
  const timer = setInterval(look, lookEveryMs);

  function look(): void {
    looks += 1;
    const silentMs = looks * lookEveryMs - (waitedMs() - waitedBeforeMs);
    if (silentMs < silentLooks * lookEveryMs) return;
    end();
    onHung(`not ready: no further stage of its start for ${Math.round(silentMs)} ms after "${lastStage}"`);
  }

  function end(): void {
    clearInterval(timer);
  }

  return {
    reached(stage) {
      lastStage = stage;
      looks = 0;
      waitedBeforeMs = waitedMs();
    },
    end,
  };
}
