// What work costs, as measured: docs/capacity.md says how. `npm run capacity` and `npm run simulate` calculate with the same figures.

/**
 * Name, smallest, largest and default value, and meaning of every option that is a number.
 * @typedef {readonly [name: string, least: number, most: number, preset: number, meaning: string][]} Numbers
 */

/**
 * Of everything that a deployment does.
 * @type {Numbers}
 */
export const MEASURED = [
  ["kb-per-connection", 0.1, 1e5, 17, "memory of an idle connection"],
  ["mb-per-process", 1, 1e5, 110, "memory of a worker, or the primary, without connections"],
  ["us-per-message", 0, 1e6, 150, "CPU to take a relay message and send it on"],
  ["us-per-publish", 0, 1e6, 1600, "CPU to store a message of a durable room"],
  ["us-per-delivery", 0, 1e6, 10, "CPU to send an event to one client"],
  ["us-per-foreign", 0, 1e6, 36, "CPU for a message of other workers that nobody here gets"],
  ["us-per-heartbeat", 0, 1e6, 60, "CPU for a ping and its pong"],
  ["us-per-handshake", 1, 1e6, 500, "CPU to let a client in"],
  ["us-per-redis", 0, 1e6, 27, "CPU of Redis for a message"],
];

/**
 * Of coming in alone: in a simulation also what is refused takes time.
 * @type {Numbers}
 */
export const OF_COMING_IN = [
  ["us-per-deal", 0, 1e6, 80, "CPU of the primary to give a connection to a worker"],
  ["us-per-refusal", 1, 1e6, 220, "CPU of a worker to refuse a handshake"],
  ["us-per-token", 0, 1e6, 160, "CPU to verify a token"],
];

/**
 * Of the messages of a deployment, which are assumed.
 * @type {Numbers}
 */
export const OF_ROOMS = [
  ["room-size", 1, 1e6, 20, "clients that get each message"],
  ["durable-share", 0, 1, 0.2, "part of the messages that goes to durable rooms"],
];

/** What the parser of numbers needs; those of `whole` have no fraction. */
export function specsOf(numbers, whole) {
  return numbers.map(([name, least, most, preset]) => ({
    ...{ name, least, most, preset },
    whole: whole.includes(name),
  }));
}

/** The lines of a usage. */
export function describe(numbers) {
  return numbers
    .map(([name, , , preset, meaning]) => `  --${`${name} N`.padEnd(27)} ${meaning} (${preset})`)
    .join("\n");
}

export function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}
