import { createServer } from "node:http";
import { createGunzip } from "node:zlib";
import protobuf from "protobufjs";
import { onEnd } from "./cleanup.js";

/** The part of opentelemetry-proto 1.x that is read here: collector/trace/v1 and trace/v1, with the numbers that are fixed for all times. */
const PROTO = `
syntax = "proto3";
message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
  repeated KeyValue attributes = 9; repeated Link links = 13; Status status = 15;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;
const Request = protobuf.parse(PROTO, { keepCase: true }).root.lookupType("ExportTraceServiceRequest");
const AS_JSON = { longs: String, bytes: Buffer, arrays: true, defaults: false } as const;

type Value = string | number | boolean;

/** A span as the collector got it; ids in hexadecimal. */
export interface CollectedSpan {
  readonly service: Readonly<Record<string, Value>>;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first one of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: "INTERNAL" | "SERVER" | "CLIENT" | "PRODUCER" | "CONSUMER";
  readonly attributes: Readonly<Record<string, Value>>;
  /** Traces of linked spans. */
  readonly links: readonly string[];
  readonly isError: boolean;
}

export interface OtlpCollector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** All spans so far, in the order in which they came. */
  readonly spans: readonly CollectedSpan[];
}

const KINDS = ["INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;

/** Takes traces by OTLP over HTTP with protobuf, as a collector does, on a free port of 127.0.0.1. Ends by itself. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    const isRight =
      request.url === "/v1/traces" && request.headers["content-type"] === "application/x-protobuf";
    const body = request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
    const chunks: Buffer[] = [];
    body.on("data", (chunk: Buffer) => chunks.push(chunk));
    body.on("end", () => {
      if (isRight) spans.push(...read(Buffer.concat(chunks)));
      response.writeHead(isRight ? 200 : 415, { "Content-Type": "application/x-protobuf" }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, spans };
}

interface RawAttribute {
  readonly key: string;
  readonly value?: Readonly<Record<string, Value>>;
}
interface RawSpan {
  readonly trace_id: Buffer;
  readonly span_id: Buffer;
  readonly parent_span_id?: Buffer;
  readonly name: string;
  readonly kind?: number;
  readonly attributes: readonly RawAttribute[];
  readonly links: readonly { readonly trace_id: Buffer }[];
  readonly status?: { readonly code?: number };
}
interface RawRequest {
  readonly resource_spans: readonly {
    readonly resource?: { readonly attributes: readonly RawAttribute[] };
    readonly scope_spans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

function read(body: Buffer): CollectedSpan[] {
  const { resource_spans } = Request.toObject(Request.decode(body), AS_JSON) as RawRequest;
  return resource_spans.flatMap(({ resource, scope_spans }) => {
    const service = record(resource?.attributes ?? []);
    return scope_spans.flatMap(({ spans }) => spans.map((span) => collected(service, span)));
  });
}

function collected(service: CollectedSpan["service"], span: RawSpan): CollectedSpan {
  return {
    service,
    traceId: span.trace_id.toString("hex"),
    spanId: span.span_id.toString("hex"),
    parentId: span.parent_span_id?.toString("hex") ?? "",
    name: span.name,
    kind: KINDS[span.kind ?? 0] ?? "INTERNAL",
    attributes: record(span.attributes),
    links: span.links.map((link) => link.trace_id.toString("hex")),
    isError: span.status?.code === 2,
  };
}

function record(attributes: readonly RawAttribute[]): Record<string, Value> {
  return Object.fromEntries(attributes.map(({ key, value = {} }) => [key, Object.values(value)[0] ?? ""]));
}
