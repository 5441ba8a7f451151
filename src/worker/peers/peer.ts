import { Agent } from "node:http";

/** Below the time after which a server closes an idle connection (80 s), so that no request is sent into one that is closing. */
const IDLE_TIMEOUT_MS = 30_000;
/** Idle connections of one lane that are kept. */
const KEPT_PER_LANE = 64;
/** Where requests of one session always go the same way, connections stay at the worker that has it. */
const LANES = 16;

/** Another instance, as the registry has it. */
export interface Peer {
  readonly key: string;
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Connections for requests of this session. */
  agentFor(sessionId: string): Agent;
  /** Ends the idle connections. */
  close(): void;
}

/** Opens nothing by itself. */
export function createPeer(key: string, url: string): Peer {
  const { hostname, port } = new URL(url);
  const agents = new Map<number, Agent>();
  return {
    key,
    url,
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 80),
    agentFor(sessionId) {
      const lane = Number.parseInt(sessionId, 10) % LANES || 0; // the worker's number, if there is one
      const agent =
        agents.get(lane) ??
        new Agent({ keepAlive: true, maxFreeSockets: KEPT_PER_LANE, timeout: IDLE_TIMEOUT_MS });
      agents.set(lane, agent);
      return agent;
    },
    close() {
      for (const agent of agents.values()) {
        agent.maxFreeSockets = 0; // those in use end after their answers
        for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
      }
    },
  };
}
