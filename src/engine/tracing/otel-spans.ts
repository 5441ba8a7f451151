import {
  type Attributes,
  type Context,
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  type Link,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { AppError } from "../../contract/errors.js";
import { isTombstone, messageKey, type RoomEntry } from "../../contract/types.js";
import type { LogName } from "../rooms/room-store.js";
import type { Spans } from "./spans.js";

/** Newest messages whose trace is remembered: they are told to other workers and delivered within a moment, in an order that is not known here. */
const REMEMBERED = 10_000;

/** Names and attributes are those of OpenTelemetry's semantic conventions 1.37 (HTTP, database, messaging), and `shoal.*` besides. */
export function createSpans(tracer: Tracer): Spans {
  /** Of messages that wait for their commit, by their key. */
  const waiting = new Map<string, SpanContext>();
  /** Of stored messages, by their place, the oldest first. */
  const remembered = new Map<string, SpanContext>();

  function remember({ room, epoch }: LogName, seq: number, of: SpanContext): void {
    remembered.set(placeOf(room, epoch, seq), of);
    if (remembered.size <= REMEMBERED) return;
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      return;
    }
  }

  /** A span below the first of those, with links to the others. */
  function begin(name: string, kind: SpanKind, of: readonly SpanContext[], attributes: Attributes): Span {
    const [first, ...others] = unique(of);
    const links: Link[] = others.map((other) => ({ context: other }));
    return tracer.startSpan(name, { kind, attributes, links }, below(first));
  }

  function tracesOf(log: LogName, seqs: Iterable<number>): SpanContext[] {
    return [...seqs].flatMap((seq) => remembered.get(placeOf(log.room, log.epoch, seq)) ?? []);
  }

  return {
    active() {
      const of = trace.getActiveSpan()?.spanContext();
      return of !== undefined && isSampled(of) ? { trace_id: of.traceId, span_id: of.spanId } : undefined;
    },
    request(request, response, routeOf, task) {
      const { method = "GET" } = request;
      const parent = propagation.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
      const attributes: Attributes = {
        "http.request.method": method,
        "url.path": pathOf(request.url),
        "url.scheme": "http",
      };
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
      response.once("close", () => {
        const route = routeOf();
        if (route !== undefined) span.updateName(`${method} ${route}`).setAttribute("http.route", route);
        span.setAttribute("http.response.status_code", response.statusCode);
        if (!response.writableFinished) failed(span, "aborted");
        else if (response.statusCode >= 500) failed(span, String(response.statusCode));
        span.end();
      });
      context.with(trace.setSpan(parent, span), task);
    },
    event(name, task) {
      const attributes = {
        "messaging.system": "socket.io",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": name,
      };
      // A connection's own context would be that of its handshake, for hours.
      const span = tracer.startSpan(`process ${name}`, { kind: SpanKind.CONSUMER, attributes }, ROOT_CONTEXT);
      return within(span, async () => {
        const refusal = await task();
        if (refusal !== undefined) failed(span, refusal);
        return refusal;
      });
    },
    async publish(keys, task) {
      const of = trace.getActiveSpan()?.spanContext();
      if (of === undefined || !isSampled(of)) return task();
      for (const key of keys) waiting.set(key, of);
      try {
        return await task();
      } finally {
        for (const key of keys) if (waiting.get(key) === of) waiting.delete(key);
      }
    },
    commit(room, keys, task) {
      const of = keys.flatMap((key) => waiting.get(key) ?? []);
      // Otherwise it would be part of the trace of whoever has found the room at rest.
      if (of.length === 0) return context.with(ROOT_CONTEXT, task);
      return within(
        begin("insert roomEntries", SpanKind.CLIENT, of, {
          ...{
            "db.system.name": "mongodb",
            "db.collection.name": "roomEntries",
            "db.operation.name": "insert",
          },
          ...{ "db.operation.batch.size": keys.length, "shoal.room": room },
        }),
        task,
      );
    },
    stored(log, entries) {
      for (const entry of entries) {
        const of = isTombstone(entry) ? undefined : waiting.get(messageKey(entry));
        if (of !== undefined) remember(log, entry.seq, of);
      }
    },
    send(log, entries, task) {
      const of = tracesOf(log, seqsOf(entries));
      if (of.length === 0) return task(undefined);
      const span = begin("send stored", SpanKind.PRODUCER, of, busAttributes("send", log, entries));
      const carrier: Record<string, string> = {};
      propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
      task(carrier.traceparent);
      span.end();
    },
    receive(log, entries, carrier, task) {
      const parent =
        typeof carrier === "string"
          ? propagation.extract(ROOT_CONTEXT, { traceparent: carrier })
          : ROOT_CONTEXT;
      const of = trace.getSpanContext(parent);
      if (of === undefined || !isSampled(of)) return task();
      const span = begin("process stored", SpanKind.CONSUMER, [of], busAttributes("process", log, entries));
      for (const seq of seqsOf(entries)) remember(log, seq, span.spanContext());
      context.with(trace.setSpan(ROOT_CONTEXT, span), task);
      span.end();
    },
    deliver(batch, receivers, task) {
      const of = tracesOf(
        batch,
        batch.messages.map(({ seq }) => seq),
      );
      if (of.length === 0) return task();
      const span = begin("send messages", SpanKind.PRODUCER, of, {
        ...{
          "messaging.system": "socket.io",
          "messaging.operation.name": "send",
          "messaging.operation.type": "send",
        },
        ...{
          "messaging.destination.name": "messages",
          "messaging.batch.message_count": batch.messages.length,
        },
        ...{ "shoal.room": batch.room, "shoal.receivers": receivers },
      });
      task();
      span.end();
    },
  };
}

/** Runs the task as the span, which ends with it. What it throws is told by its code alone. */
async function within<T>(span: Span, task: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(ROOT_CONTEXT, span), task);
  } catch (error) {
    failed(span, error instanceof AppError ? error.code : "internal");
    throw error;
  } finally {
    span.end();
  }
}

function failed(span: Span, type: string): void {
  span.setAttribute("error.type", type).setStatus({ code: SpanStatusCode.ERROR });
}

const placeOf = (room: string, epoch: string, seq: number): string => `${room}/${epoch}/${seq}`;
const seqsOf = (entries: readonly RoomEntry[]): number[] => entries.map(({ seq }) => seq);
const isSampled = ({ traceFlags }: SpanContext): boolean => (traceFlags & TraceFlags.SAMPLED) !== 0;
const unique = (of: readonly SpanContext[]): SpanContext[] => [
  ...new Map(of.map((one) => [one.spanId, one])).values(),
];

function below(parent: SpanContext | undefined): Context {
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** Without the query, in which an application may have secrets. */
const pathOf = (url = "/"): string => url.split("?", 1)[0] ?? "/";

function busAttributes(
  operation: "send" | "process",
  { room }: LogName,
  entries: readonly RoomEntry[],
): Attributes {
  return {
    ...{
      "messaging.system": "shoal",
      "messaging.operation.name": operation,
      "messaging.operation.type": operation,
    },
    ...{
      "messaging.destination.name": "stored",
      "messaging.batch.message_count": entries.length,
      "shoal.room": room,
    },
  };
}
