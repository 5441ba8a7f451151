/** Waits for `work`, but no longer than `timeoutMs`; it goes on then. Rejects if it does in that time. */
export function waitAtMost(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  return inTime(
    work.then(() => {}),
    timeoutMs,
    () => {},
  );
}

/** What comes of the question, or after `timeoutMs` what `late` gives or throws; the question is not called off. */
export async function inTime<Value>(
  question: Promise<Value>,
  timeoutMs: number,
  late: () => Value,
): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  try {
    return await Promise.race([question, over.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}
