import { type DiagLogger, DiagLogLevel, diag, type Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { ABOUT } from "../../contract/about.js";
import type { Identity } from "../../contract/domain.js";
import { createLogThrottle } from "../process/log-throttle.js";
import type { Logger } from "../process/logger.js";
import { waitAtMost } from "../process/wait-at-most.js";

/** Of the service, unless OTEL_SERVICE_NAME says another one, and of what makes the spans. */
const NAME = "shoal";

/**
 * Starts OpenTelemetry's SDK with what the environment says, and makes it the process's own: spans that an application makes by
 * `@opentelemetry/api` are part of the same traces. What it cannot send it drops; at most 2,048 spans wait. A collector that does not answer
 * holds up a stop for `lastSpansMs`.
 */
export function startSdk(
  { instance, worker }: Identity,
  lastSpansMs: number,
  log: Logger,
): { tracer: Tracer; stop(): Promise<void> } {
  diag.setLogger(diagnostics(log), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const own = {
    "service.name": NAME,
    "service.version": ABOUT.version,
    "service.instance.id": `${instance}/${worker}`,
  };
  const provider = new NodeTracerProvider({
    // What the operator says by OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES wins.
    resource: defaultResource()
      .merge(resourceFromAttributes(own))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return {
    tracer: provider.getTracer(NAME, ABOUT.version),
    stop: () => waitAtMost(provider.shutdown(), lastSpansMs),
  };
}

/** The SDK's complaints, each at most once a minute: a collector that is away fails every five seconds. */
function diagnostics(log: Logger): DiagLogger {
  const throttle = createLogThrottle(() => performance.now());
  const tell = (message: string): void => {
    const what = message.slice(0, 200);
    if (throttle(what) !== undefined) log.warn({ what }, "traces are not sent as they should be");
  };
  const silent = (): void => {};
  return { error: tell, warn: tell, info: silent, debug: silent, verbose: silent };
}
