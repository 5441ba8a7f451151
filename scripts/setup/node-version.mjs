import { SetupFailure } from "./failure.mjs";

const REQUIRED = { major: 20, minor: 19 };

/** @throws {SetupFailure} when this Node.js is older than the project supports. */
export function checkNodeVersion(version = process.versions.node, path = process.execPath) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > REQUIRED.major || (major === REQUIRED.major && minor >= REQUIRED.minor)) return;
  throw new SetupFailure(
    `Node.js ${REQUIRED.major}.${REQUIRED.minor} or later is needed, this is ${version} (${path})`,
  );
}
