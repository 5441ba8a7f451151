import type { MembershipLimits } from "./limits.js";
import type { InstanceAddress, MemberNode } from "./membership-store.js";

/** Whether a node, and what it has written, counts. */
export type NodeState =
  /** It serves: its users and its instance are there. */
  | "alive"
  /** It ended lately: its users are not there, but they may be back on another one before anybody is told. */
  | "leaving"
  | "dead";

interface Known {
  readonly peer: InstanceAddress | undefined;
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
  take(nodes: readonly MemberNode[], nowMs: number): void;
  /** A node is known to have ended. */
  markGone(node: string, nowMs: number): void;
  knows(node: string): boolean;
  state(node: string, nowMs: number): NodeState;
  /** All that are alive. */
  alive(nowMs: number): string[];
  /**
   * Address of the instance with this key: that of any alive worker of it. Where they differ, as the instance ended and
   * came back at another one, it is that of the worker heard last.
   */
  urlOf(key: string): string | undefined;
  /** Which nodes have changed their state since the last call. */
  settle(nowMs: number): RollChange;
  /** Nodes whose record can be removed. */
  expired(nowMs: number): { readonly id: string; readonly beat: number }[];
}

export function createNodeRoll(limits: Pick<MembershipLimits, "lookMs" | "silentMs" | "graceMs">): NodeRoll {
  const nodes = new Map<string, Known>();
  const departed = new Set<string>();
  let lookedAtMs: number | undefined;
  /** URL by key; undefined when it has to be found out again. */
  let urls: ReadonlyMap<string, string> | undefined;

  function stateOf(known: Known | undefined, nowMs: number): NodeState {
    if (known === undefined) return "dead";
    if (known.goneAtMs !== undefined) return nowMs - known.goneAtMs < limits.graceMs ? "leaving" : "dead";
    return known.silentMs < limits.silentMs ? "alive" : "dead";
  }

  function update(known: Known, { beat, gone }: MemberNode, nowMs: number, sinceMs: number): void {
    known.silentMs = beat === known.beat ? known.silentMs + sinceMs : 0;
    known.beat = beat;
    if (gone) known.goneAtMs ??= nowMs;
  }

  function forget(id: string, known: Known): void {
    nodes.delete(id);
    if (known.told === "alive" || known.told === "leaving") departed.add(id);
  }

  /** Only a look or a known end changes who is alive, so that a request costs no walk over all nodes. */
  function aliveUrls(): Map<string, string> {
    const alive = [...nodes.values()].filter(
      ({ goneAtMs, silentMs }) => goneAtMs === undefined && silentMs < limits.silentMs,
    );
    // The last of a key counts: the least silent one, and of those that are as silent the one that came last.
    const byLastHeard = alive.toSorted((one, other) => other.silentMs - one.silentMs);
    return new Map(
      byLastHeard.flatMap(({ peer }) => (peer === undefined ? [] : [[peer.key, peer.url] as const])),
    );
  }

  return {
    take(found, nowMs) {
      urls = undefined;
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
          nodes.set(node.id, { peer: node.peer, beat: node.beat, silentMs: 0, goneAtMs, told: undefined });
        }
      }
    },
    markGone(node, nowMs) {
      urls = undefined;
      const known = nodes.get(node);
      if (known !== undefined) known.goneAtMs ??= nowMs;
    },
    knows: (node) => nodes.has(node),
    state: (node, nowMs) => stateOf(nodes.get(node), nowMs),
    alive: (nowMs) => [...nodes].flatMap(([id, known]) => (stateOf(known, nowMs) === "alive" ? [id] : [])),
    urlOf(key) {
      urls ??= aliveUrls();
      return urls.get(key);
    },
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
