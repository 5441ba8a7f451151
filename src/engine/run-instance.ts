import { authInWords, authWarnings } from "./config/auth-warnings.js";
import { type Config, readConfig } from "./config/config.js";
import { misspeltVariables, unknownVariableWarning } from "./config/unknown-variables.js";
import { createInstance, type Instance } from "./instance.js";
import { descriptorCapacity, descriptorLimit } from "./process/descriptors.js";
import { createLogger, type Logger, redactUri } from "./process/logger.js";
import { isOnTerminal, onSignals } from "./process/signals.js";
import { StartError } from "./process/start-error.js";

/**
 * Life of an instance's first process. Exit codes: 0 after a stop by signal; 1 when it could not start, its workers
 * keep crashing, or a stop was cut short.
 */
export async function runInstance(): Promise<void> {
  const config = configOrExit();
  const log = createLogger(config.logLevel).child({ instance: config.instance });
  warnOfMisspelt(log);
  for (const warning of authWarnings(config)) log.warn(warning);
  warnOfDescriptors(config, log);
  const instance = createInstance(config, log, (error) => end(1, error));

  let ending = false;
  let starting: Promise<void> = Promise.resolve();
  function end(exitCode: number, cause?: unknown): void {
    if (ending) return;
    ending = true;
    if (cause !== undefined) report(log, cause);
    void (cause === undefined ? drain() : Promise.resolve()).then(() => stop(exitCode));
  }

  /** What is broken is not worth waiting for; what is asked to end sends its clients away first. */
  async function drain(): Promise<void> {
    if (config.drainWindowMs > 0) log.info({ windowMs: config.drainWindowMs }, "draining");
    await instance.drain().catch((error: unknown) => log.error({ err: error }, "could not drain"));
  }

  function stop(exitCode: number): void {
    const deadline = setTimeout(() => abort("stopping took too long"), config.shutdownTimeoutMs);
    instance
      .stop()
      .catch((error: unknown) => {
        log.error({ err: error }, "stopped with errors");
      })
      .finally(() => {
        clearTimeout(deadline);
        log.info("stopped");
        process.exit(exitCode);
      });
  }

  /** Not before all workers are there that the start makes: those that are under way may have loaded what is replaced. */
  async function reload(): Promise<void> {
    await starting.catch(() => {}); // that ends the instance
    if (ending) return;
    log.info("replacing the workers");
    instance.reload().then(
      () => log.info("all workers replaced"),
      (error: unknown) => {
        if (!ending) log.error({ reason: String(error) }, "workers not replaced; the old ones serve on");
      },
    );
  }

  function abort(reason: string): void {
    instance.kill();
    log.error({ reason }, "ended at once");
    process.exit(1);
  }

  const actions = {
    stop(signal: NodeJS.Signals) {
      if (!ending) log.info({ signal }, "stopping");
      end(0);
    },
    abort: () => abort("second signal"),
    reload: () => void reload(),
  };
  onSignals(actions, isOnTerminal());
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (error: unknown) => end(1, error));
  }

  try {
    starting = instance.start();
    await starting;
    if (!ending) announce(config, log, instance);
  } catch (error) {
    end(1, error);
  }
}

function configOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    const log = createLogger("info");
    warnOfMisspelt(log); // what is missing may be there under a wrong name
    report(log, error);
    process.exit(1);
  }
}

function warnOfMisspelt(log: Logger): void {
  for (const variable of misspeltVariables()) log.warn(unknownVariableWarning(variable));
}

/** Once for all workers, which have the same limit. */
function warnOfDescriptors({ admission: { connections: configured } }: Config, log: Logger): void {
  const connections = descriptorCapacity();
  if (configured <= connections) return;
  log.warn(
    { configured, descriptors: descriptorLimit(), connections },
    "MAX_CONNECTIONS_PER_WORKER is more than the limit of open files (ulimit -n) allows; a worker refuses sooner",
  );
}

function announce(config: Config, log: Logger, instance: Instance): void {
  if (config.relaySecrets.includes(""))
    log.warn("PEER_SECRET is not set: whoever reaches the port can pass for a peer");
  log.info(
    {
      url: instance.url(),
      admin: instance.adminUrl(),
      workers: config.workers,
      environment: config.environment,
      auth: authInWords(config.auth),
      // The embedded one has no credentials, and its address is needed to share it.
      mongodb: config.mongodbUri === "" ? instance.mongodbUri() : redactUri(instance.mongodbUri()),
      redis: config.redis?.urls.map(redactUri).join(",") ?? "off",
    },
    "ready",
  );
}

/** One line for what an operator can act on, the whole error otherwise. */
function report(log: Logger, error: unknown): void {
  if (error instanceof StartError) log.fatal(error.message);
  else log.fatal({ err: error }, "ended by an error that nobody caught");
}
