const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const count = (value) => whole.format(value);
export const rate = (value) => (value >= 100 ? whole : fine).format(value);
export const milliseconds = (value) => `${(value >= 10 ? whole : fine).format(value)} ms`;
export const megabytes = (bytes) => `${whole.format(bytes / 1e6)} MB`;
export const time = (at) => clock.format(new Date(at));
export const dateTime = (at) => full.format(new Date(at));

const STEPS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** How long ago, in its largest unit, by the clock that says `at`. */
export function ago(at, nowMs) {
  const seconds = Math.max(0, Math.floor((nowMs - new Date(at).getTime()) / 1000));
  const [length, unit] = STEPS.find(([step]) => seconds >= step) ?? [1, "s"];
  return `${Math.floor(seconds / length)} ${unit}`;
}
