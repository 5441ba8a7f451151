import type { Check } from "./check.js";
import { configOf, configurationCheck } from "./configuration.js";
import { machineChecks } from "./machine.js";
import { peersCheck } from "./peers.js";
import { portChecks } from "./ports.js";
import { proxyChecks } from "./proxy.js";
import { secretChecks } from "./secrets.js";
import { storeChecks } from "./stores.js";
import { workersCheck } from "./workers.js";

/** What the checks are made of. */
export interface DoctorParts {
  readonly environment: NodeJS.ProcessEnv;
  /** Undefined: nobody has named a public address. */
  readonly url: string | undefined;
  /** How long a WebSocket is held open. */
  readonly idleMs: number;
  /** How long whoever runs here, or is worked with, is waited for. */
  readonly patienceMs: number;
  /** This machine's clock. */
  readonly dateMs: () => number;
}

/** All that can be looked at. Where the configuration is wrong, that is itself and what does not need it. */
export function checksOf(parts: DoctorParts): readonly Check[] {
  const { environment, url, idleMs, patienceMs, dateMs } = parts;
  const read = configOf(environment);
  const areKeysRead = "config" in read;
  const config = areKeysRead ? read.config : read.withoutKeys;
  return [
    configurationCheck(environment, read),
    ...(config === undefined
      ? []
      : [
          ...portChecks(config, patienceMs),
          workersCheck(config),
          ...machineChecks(config),
          ...secretChecks(config, areKeysRead),
          ...storeChecks(config, { patienceMs, dateMs }),
          peersCheck(config, patienceMs),
        ]),
    ...(url === undefined ? [] : proxyChecks({ url, idleMs, config, token: environment.SHOAL_TOKEN })),
  ];
}
