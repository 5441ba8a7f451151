import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onEnd } from "./cleanup.js";
import type { ProxyMode } from "./tcp-flow.js";
import { createPair, type Pair, type ProxyTarget } from "./tcp-pair.js";
import { eventually } from "./wait.js";

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Open connections from clients. */
  readonly connections: number;
  /** Connections ever accepted. */
  readonly accepted: number;
  /** Bytes of answers lost to `swallowReplies` so far. */
  readonly swallowedBytes: number;
  /** Changes the mode, at once and for all connections; see ProxyMode. */
  set(mode: ProxyMode): void;
  /** From now on this one connection, which the target sees from that port, is a blackhole in every mode. */
  silence(portAtTarget: number): void;
  /** Resets one new connection after exactly `bytes` bytes from the server to the client; further calls, further connections. */
  cutAfterBytes(bytes: number): void;
  stop(): Promise<void>;
}

/** A wire to `target` that can be harmed, on a free port of 127.0.0.1. Ends by itself. */
export async function startTcpProxy({ target }: { target: ProxyTarget }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const silent = new Set<number>();
  const cuts: number[] = [];
  let mode: ProxyMode = "pass";
  let accepted = 0;
  let connections = 0;
  let swallowedBytes = 0;

  function accept(client: Socket): void {
    accepted++;
    connections++;
    client.once("close", () => connections--);
    let portAtTarget = (): number | undefined => undefined;
    const pair = createPair({
      client,
      target,
      mode: () => (silent.has(portAtTarget() ?? -1) ? "blackhole" : mode),
      cutAfterBytes: cuts.shift(),
      onSwallowed: (bytes) => {
        swallowedBytes += bytes;
      },
      onClosed: () => pairs.delete(pair),
    });
    portAtTarget = pair.portAtTarget;
    pairs.add(pair);
  }

  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, accept);

  async function stop(): Promise<void> {
    server.close();
    for (const pair of pairs) pair.abort();
    await eventually(() => expect({ connections, pairs: pairs.size }).toEqual({ connections: 0, pairs: 0 }));
  }

  onEnd(stop);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { address: host, port } = server.address() as AddressInfo;
  return {
    host,
    port,
    get connections() {
      return connections;
    },
    get accepted() {
      return accepted;
    },
    get swallowedBytes() {
      return swallowedBytes;
    },
    set(next) {
      mode = next;
      for (const pair of pairs) pair.modeChanged();
    },
    silence(port) {
      silent.add(port);
      for (const pair of pairs) pair.modeChanged();
    },
    cutAfterBytes: (bytes) => void cuts.push(bytes),
    stop,
  };
}
