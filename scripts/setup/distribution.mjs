import { readIfThere } from "./project.mjs";

// The oldest release of each distribution whose glibc is new enough for the engine.
const NEWER_RELEASES = { debian: "trixie", ubuntu: "noble" };

/** Name (`debian`), release (`bookworm`) and kin of this Linux distribution; empty strings where unknown. */
export function currentDistribution(osRelease = readIfThere("/etc/os-release") ?? "") {
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "";
  const id = field("ID");
  return {
    id,
    release: field("VERSION_CODENAME"),
    usesApt: /\b(debian|ubuntu)\b/.test(`${id} ${field("ID_LIKE")}`),
  };
}

/** The release of the same distribution that has the C library for the engine; undefined when none is known. */
export function newerRelease(id) {
  return NEWER_RELEASES[id];
}
