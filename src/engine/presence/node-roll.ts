import type { PresenceLimits } from "./limits.js";
import type { PresenceNode } from "./presence-store.js";

/** Whether the entries of a node count. */
export type NodeState =
  /** Its users are there. */
  | "alive"
  /** It ended lately: its users are not there, but they may be back on another one before anybody is told. */
  | "leaving"
  | "dead";

interface Known {
  beat: number;
  /** How long the beat has stood still, as far as it was watched. */
  silentMs: number;
  /** When it became known that the node has ended. */
  goneAtMs: number | undefined;
  /** The state that `settle` last returned. */
  told: NodeState | undefined;
}

/** Nodes whose state is another one than at the last call. */
export interface RollChange {
  readonly nodes: ReadonlySet<string>;
  /** True when one of them is alive that was not. */
  readonly newcomers: boolean;
}

/** Which nodes are alive, by this worker's monotonic clock: no clocks are compared. */
export interface NodeRoll {
  /** Takes what a look at the nodes has found. */
  take(nodes: readonly PresenceNode[], nowMs: number): void;
  /** A node is known to have ended. */
  markGone(node: string, nowMs: number): void;
  knows(node: string): boolean;
  state(node: string, nowMs: number): NodeState;
  /** Which nodes have changed their state since the last call. */
  settle(nowMs: number): RollChange;
  /** Nodes whose record can be removed. */
  expired(nowMs: number): { readonly id: string; readonly beat: number }[];
}

export function createNodeRoll(limits: Pick<PresenceLimits, "lookMs" | "silentMs" | "graceMs">): NodeRoll {
  const nodes = new Map<string, Known>();
  const departed = new Set<string>();
  let lookedAtMs: number | undefined;

  function stateOf(known: Known | undefined, nowMs: number): NodeState {
    if (known === undefined) return "dead";
    if (known.goneAtMs !== undefined) return nowMs - known.goneAtMs < limits.graceMs ? "leaving" : "dead";
    return known.silentMs < limits.silentMs ? "alive" : "dead";
  }

  function update(known: Known, { beat, gone }: PresenceNode, nowMs: number, sinceMs: number): void {
    known.silentMs = beat === known.beat ? known.silentMs + sinceMs : 0;
    known.beat = beat;
    if (gone) known.goneAtMs ??= nowMs;
  }

  function forget(id: string, known: Known): void {
    nodes.delete(id);
    if (known.told === "alive" || known.told === "leaving") departed.add(id);
  }

  return {
    take(found, nowMs) {
      // While this process, or the store, was away, nobody's beat could be seen: such a time proves nothing.
      const sinceMs = Math.min(nowMs - (lookedAtMs ?? nowMs), 2 * limits.lookMs);
      lookedAtMs = nowMs;
      const ids = new Set(found.map(({ id }) => id));
      for (const [id, known] of nodes) if (!ids.has(id)) forget(id, known);
      for (const node of found) {
        const known = nodes.get(node.id);
        if (known !== undefined) {
          update(known, node, nowMs, sinceMs);
        } else {
          const goneAtMs = node.gone ? nowMs : undefined;
          nodes.set(node.id, { beat: node.beat, silentMs: 0, goneAtMs, told: undefined });
        }
      }
    },
    markGone(node, nowMs) {
      const known = nodes.get(node);
      if (known !== undefined) known.goneAtMs ??= nowMs;
    },
    knows: (node) => nodes.has(node),
    state: (node, nowMs) => stateOf(nodes.get(node), nowMs),
    settle(nowMs) {
      const changed = new Set(departed);
      departed.clear();
      let newcomers = false;
      for (const [id, known] of nodes) {
        const now = stateOf(known, nowMs);
        if (now === known.told) continue;
        known.told = now;
        changed.add(id);
        newcomers ||= now === "alive";
      }
      return { nodes: changed, newcomers };
    },
    expired(nowMs) {
      // Others may have learned of an end a look later: what their grace needs must still be there.
      const since = limits.graceMs + 2 * limits.lookMs;
      const isExpired = (known: Known) =>
        known.goneAtMs === undefined ? stateOf(known, nowMs) === "dead" : nowMs - known.goneAtMs >= since;
      return [...nodes].filter(([, known]) => isExpired(known)).map(([id, { beat }]) => ({ id, beat }));
    },
  };
}
