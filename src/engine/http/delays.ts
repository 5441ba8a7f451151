/** What is put off for a moment, such as an answer: a stop does not wait for the moment, and forgets nothing. */
export interface Delays {
  /** Does `act` in `delayMs`, unless what is returned is called before. Once `end` was called nobody is to ask for that. */
  after(delayMs: number, act: () => void): () => void;
  /** Does all that waits, now. */
  end(): void;
  haveEnded(): boolean;
}

export function createDelays(): Delays {
  const waiting = new Set<() => void>();
  let haveEnded = false;

  return {
    after(delayMs, act) {
      const timer = setTimeout(go, delayMs);
      function callOff(): void {
        clearTimeout(timer);
        waiting.delete(go);
      }
      function go(): void {
        callOff();
        act();
      }
      waiting.add(go);
      return callOff;
    },
    end() {
      haveEnded = true;
      for (const go of waiting) {
        try {
          go();
        } catch (error) {
          // As its timer would have it: the others are done.
          setImmediate(() => {
            throw error;
          });
        }
      }
    },
    haveEnded: () => haveEnded,
  };
}
