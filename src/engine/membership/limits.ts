/** Every bound and wait of the membership. */
export interface MembershipLimits {
  /** Time between two signs of life of a worker. */
  readonly beatMs: number;
  /** Time between two looks at the signs of life of all workers. */
  readonly lookMs: number;
  /** Silence after which a worker is taken for dead. */
  readonly silentMs: number;
  /**
   * How long a worker that ended is `leaving`: its users may be back elsewhere. Socket.IO's clients try after 1.5, 4.5
   * and 9.5 s at the latest, so that each of them has had three attempts.
   */
  readonly graceMs: number;
  /** How long `stop` tries to mark this worker as ended. In a worker it is a share of the time of its stop. */
  readonly goodbyeMs: number;
}

/**
 * A killed worker is known to have ended at once when its primary saw it, after 12 s at most (`silentMs` and two looks)
 * when nobody did.
 */
export const MEMBERSHIP_LIMITS: MembershipLimits = {
  beatMs: 3_000,
  lookMs: 1_000,
  silentMs: 10_000,
  graceMs: 10_000,
  goodbyeMs: 1_000,
};
