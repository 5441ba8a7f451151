const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of a time such as `90s`, `15m`, `1h` or `7d`; undefined for what is none, or longer than a year. */
export function secondsOf(text: string): number | undefined {
  const [, count = "", unit = ""] = /^([1-9]\d{0,7})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? Number.NaN);
  return seconds > 0 && seconds <= 366 * 86_400 ? seconds : undefined;
}
