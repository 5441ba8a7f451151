import { SetupFailure } from "./failure.mjs";

const REQUIRED = [20, 19];

/** @throws {SetupFailure} when this Node.js is older than the project supports. */
export function checkNodeVersion(version = process.versions.node, path = process.execPath) {
  const [major, minor] = version.split(".").map(Number);
  if (major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1])) return;
  throw new SetupFailure(`Node.js ${REQUIRED.join(".")} or later is needed, this is ${version} (${path})`);
}
