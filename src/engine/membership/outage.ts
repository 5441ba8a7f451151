/** What may fail by itself, in the membership and in what rests on it. */
export type Activity = "beat" | "look" | "remove" | "write" | "read" | "clean" | "tell";

/** Where an operator hears of an outage: once when it begins and once when it is over. */
export interface OutageReport {
  failed(error: unknown): void;
  over(): void;
}

/** Makes one outage of the failures of all activities: it is over when the last of them has succeeded again. */
export interface Outage {
  failed(activity: Activity, error: unknown): void;
  worked(activity: Activity): void;
  /** From now on nothing is told: what is still under way fails because its store is taken away. */
  end(): void;
}

export function createOutage(report: OutageReport): Outage {
  const failing = new Set<Activity>();
  let isOver = false;
  return {
    failed(activity, error) {
      if (isOver) return;
      if (failing.size === 0) report.failed(error);
      failing.add(activity);
    },
    worked(activity) {
      if (!isOver && failing.delete(activity) && failing.size === 0) report.over();
    },
    end() {
      isOver = true;
    },
  };
}
