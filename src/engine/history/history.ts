import {
  type Happening,
  type InstanceReport,
  KEPT,
  type WorkerStatus,
  type WorkerView,
} from "../../contract/instances.js";
import { type Component, compose } from "../process/lifecycle.js";
import { worstOf } from "./reading.js";
import { createSamples, type Look, type Measure } from "./samples.js";

/** What an instance remembers of itself for operators: bounded, in memory, from `start` on. */
export interface History extends Component {
  /** Without effect on anything but later reports. */
  happened(what: Happening["what"], worker?: number, detail?: string): void;
  /** The instance as it is, with the samples taken after this time (milliseconds since 1970). */
  report(afterMs: number): InstanceReport;
  /** Process numbers of the workers that do not answer. */
  silent(): ReadonlySet<number>;
}

/** Whose history it is. */
export interface HistoryParts {
  readonly instance: string;
  /** The workers as they are. */
  status(): readonly WorkerStatus[];
  readonly measure: Measure;
  /** Process numbers of the workers that do not answer now; those that did not when they were measured last count besides. */
  readonly silent?: (() => ReadonlySet<number>) | undefined;
  /** Gets the workers after each look at them. */
  onLook(workers: readonly WorkerView[]): void;
}

export function createHistory({ instance, status, measure, silent, onLook }: HistoryParts): History {
  const since = new Date().toISOString();
  const samples = createSamples(measure, () => onLook(views()));
  const happenings: Happening[] = []; // the newest first

  function views(): WorkerView[] {
    const hanging = silent?.();
    return status().map((worker) => viewOf(worker, samples.last(), hanging?.has(worker.pid) === true));
  }

  return {
    ...compose("history", [samples]),
    happened(what, worker, detail) {
      const at = new Date().toISOString();
      happenings.unshift({
        ...{ at, what },
        ...(worker === undefined ? {} : { worker }),
        ...(detail === undefined ? {} : { detail: detail.slice(0, KEPT.detailCharacters) }),
      });
      if (happenings.length > KEPT.happenings) happenings.pop();
    },
    report(afterMs) {
      const readings = [...(samples.last()?.readings.values() ?? [])];
      return {
        ...{ instance, since, workers: views(), happenings: [...happenings] },
        stores: {
          mongo: worstOf(readings.map(({ mongo }) => mongo)),
          redis: worstOf(readings.map(({ redis }) => redis)),
        },
        samples: samples.after(afterMs),
      };
    },
    silent: () => new Set(views().flatMap(({ isSilent, pid }) => (isSilent ? [pid] : []))),
  };
}

/** What was measured before a worker came is its predecessor's. */
function viewOf(worker: WorkerStatus, last: Look | undefined, hangs: boolean): WorkerView {
  const wasThere = last !== undefined && worker.state === "ready" && Date.parse(worker.since) < last.atMs;
  const load = wasThere ? last.loads.get(worker.worker) : undefined;
  const reading = wasThere ? last.readings.get(worker.worker) : undefined;
  return {
    ...worker,
    isSilent: worker.state === "ready" && (hangs || (wasThere && load === undefined)),
    ...(load === undefined ? {} : { load: { ...load, memoryBytes: reading?.memoryBytes ?? 0 } }),
  };
}
