import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { cpuSeconds } from "../processes.js";

export interface HttpSpec {
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Kept alive, as far as the server allows; one request at a time on each. */
  readonly connections: number;
  readonly warmMs: number;
  readonly measureMs: number;
  readonly pids: readonly number[];
}

export interface HttpResult {
  readonly perSecond: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time by process, in seconds: how evenly the workers are used. */
  readonly cpuByPid: Readonly<Record<string, number>>;
  readonly failed: number;
}

const BODY = '{"name":"Ann"}';
const HEAD_END = Buffer.from("\r\n\r\n");

/** Requests to `/hello` for a while. A connection that the server closes is opened again. */
export async function measureHttp(spec: HttpSpec): Promise<HttpResult> {
  const run = { latenciesMs: [] as number[], failed: 0, stopped: false };
  const sockets = Array.from({ length: spec.connections }, () => requestLoop(spec, run));
  await pause(spec.warmMs);
  run.latenciesMs.length = 0;
  run.failed = 0;
  const before = new Map(spec.pids.map((pid) => [pid, cpuSeconds([pid])]));
  const begun = performance.now();
  await pause(spec.measureMs);
  const seconds = (performance.now() - begun) / 1000;
  const cpuByPid = Object.fromEntries(
    [...before].map(([pid, cpu]) => [String(pid), cpuSeconds([pid]) - cpu] as const),
  );
  run.stopped = true;
  for (const close of sockets) close();
  const sorted = run.latenciesMs.sort((a, b) => a - b);
  return {
    perSecond: sorted.length / seconds,
    seconds,
    cpuSeconds: Object.values(cpuByPid).reduce((sum, cpu) => sum + cpu, 0),
    p50Ms: sorted[Math.floor(0.5 * sorted.length)] ?? 0,
    p99Ms: sorted[Math.floor(0.99 * sorted.length)] ?? 0,
    cpuByPid,
    failed: run.failed,
  };
}

interface Run {
  readonly latenciesMs: number[];
  failed: number;
  stopped: boolean;
}

/** One request after the other; returns what ends it. */
function requestLoop({ url, method }: HttpSpec, run: Run): () => void {
  const { hostname, port, host } = new URL(url);
  const body = method === "POST" ? BODY : "";
  const type =
    method === "POST" ? `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n` : "";
  const request = `${method} /hello HTTP/1.1\r\nHost: ${host}\r\n${type}\r\n${body}`;
  let socket: Socket | undefined;

  function open(): void {
    let received: Buffer = Buffer.alloc(0);
    let begun = performance.now();
    let waiting = true;
    const current = connect(Number(port), hostname).setNoDelay();
    socket = current;
    current.write(request);
    current.on("data", (data: Buffer) => {
      received = received.length === 0 ? data : Buffer.concat([received, data]);
      const end = responseEnd(received);
      if (end === undefined || received.length < end.at) return;
      run.latenciesMs.push(performance.now() - begun);
      received = Buffer.alloc(0);
      waiting = false;
      if (run.stopped || end.closes) return;
      begun = performance.now();
      waiting = true;
      current.write(request);
    });
    current.on("error", () => {});
    current.on("close", () => {
      if (run.stopped) return;
      if (waiting) run.failed += 1;
      open();
    });
  }
  open();
  return () => socket?.destroy();
}

/** Where a response ends and whether its connection does; undefined as long as its head is incomplete. */
function responseEnd(bytes: Buffer): { at: number; closes: boolean } | undefined {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return { at: headEnd + HEAD_END.length + length, closes: /\r\nconnection: *close/i.test(head) };
}
