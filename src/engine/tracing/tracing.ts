import type { Identity } from "../../contract/domain.js";
import type { Component } from "../process/lifecycle.js";
import type { Logger } from "../process/logger.js";
import type { SpanIds, Spans } from "./spans.js";

/** What makes traces of a worker's work. It is there only where they are asked for; without it nothing of OpenTelemetry is loaded. */
export interface Tracing extends Component {
  /** To be called once it has started. */
  spans(): Spans;
  /** The trace that is active, if it is sampled. */
  active(): SpanIds | undefined;
}

/**
 * Sends traces to OTEL_EXPORTER_OTLP_ENDPOINT by OTLP over HTTP with protobuf. OpenTelemetry's SDK reads the other `OTEL_*` variables itself.
 * It starts before all that may be traced, and stops after it: what is left is sent within `lastSpansMs`.
 */
export function createTracing(
  isAsked: boolean,
  identity: Identity,
  lastSpansMs: number,
  log: Logger,
): Tracing | undefined {
  if (!isAsked) return undefined;
  let running: { readonly spans: Spans; stop(): Promise<void> } | undefined;
  return {
    name: "tracing",
    async start() {
      // Both load a great deal.
      const [{ startSdk }, { createSpans }] = await Promise.all([
        import("./sdk.js"),
        import("./otel-spans.js"),
      ]);
      const sdk = startSdk(identity, lastSpansMs, log);
      running = { spans: createSpans(sdk.tracer), stop: sdk.stop };
    },
    stop: async () => await running?.stop(),
    spans() {
      if (running === undefined) throw new Error("Tracing has not started");
      return running.spans;
    },
    active: () => running?.spans.active(),
  };
}
