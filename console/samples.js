const HOUR_MS = 3_600_000;
/** One comes every 10 s, and somewhat later from a busy instance. */
const GAP_MS = 35_000;

/** The samples of the hour before the newest. While a machine sleeps none are taken: what was then is not known, as when no worker answers. */
export function lastHour(samples) {
  const newest = samples.at(-1)?.at;
  const recent = samples.filter(({ at }) => at > newest - HOUR_MS);
  return recent.flatMap((sample, index) => {
    const { at: before, workers } = recent[index - 1] ?? sample;
    return workers !== 0 && sample.at - before > GAP_MS ? [{ at: before + 1, workers: 0 }, sample] : [sample];
  });
}
