import { KeepAliveAgent } from "../worker/keep-alive-agent.js";

/** Where requests of one session always go the same way, connections stay at the worker that has it. */
const LANES = 16;

/** Another instance, as the registry has it. */
export interface Peer {
  readonly key: string;
  readonly url: string;
  readonly address: { readonly host: string; readonly port: number };
  /** Connections for requests of this session. */
  agentFor(sessionId: string): KeepAliveAgent;
  /** Ends the idle connections. */
  close(): void;
}

/** Opens nothing by itself. */
export function createPeer(key: string, url: string): Peer {
  const { hostname, port } = new URL(url);
  const agents = new Map<number, KeepAliveAgent>();
  return {
    key,
    url,
    address: { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80) },
    agentFor(sessionId) {
      const lane = Number.parseInt(sessionId, 10) % LANES || 0; // the worker's number, if there is one
      const agent = agents.get(lane) ?? new KeepAliveAgent();
      agents.set(lane, agent);
      return agent;
    },
    close() {
      for (const agent of agents.values()) agent.close();
    },
  };
}
