/** Values per power of two: a value is known to 1.6 %. */
const STEPS = 64;
const STEP_BITS = 6;
const BUCKETS = STEPS * 26;

/** Counted values: pairs of bucket and count, flat, as they travel between processes. */
export type Counts = readonly number[];

/** Counts whole values from 0 to 2^31 (in this project: microseconds) in buckets that grow with them. */
export interface Histogram {
  record(value: number): void;
  add(counts: Counts): void;
  /** What was recorded since the last `take`, which is forgotten. */
  take(): Counts;
  counts(): Counts;
  total(): number;
  /** The value below which a share (0 to 1) of all lies: the middle of its bucket. NaN without values. */
  percentile(share: number): number;
  max(): number;
}

export function createHistogram(): Histogram {
  const counts = new Float64Array(BUCKETS);

  function list(): number[] {
    const pairs: number[] = [];
    counts.forEach((count, bucket) => void (count > 0 && pairs.push(bucket, count)));
    return pairs;
  }

  const total = () => counts.reduce((sum, count) => sum + count, 0);
  return {
    record(value) {
      const bucket = bucketOf(value);
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    },
    add(pairs) {
      for (let index = 0; index < pairs.length; index += 2) {
        const bucket = pairs[index] ?? 0;
        counts[bucket] = (counts[bucket] ?? 0) + (pairs[index + 1] ?? 0);
      }
    },
    take() {
      const pairs = list();
      counts.fill(0);
      return pairs;
    },
    counts: list,
    total,
    percentile(share) {
      let left = Math.max(1, Math.ceil(share * total()));
      const bucket = counts.findIndex((count) => {
        left -= count;
        return left <= 0;
      });
      return bucket < 0 ? Number.NaN : middleOf(bucket);
    },
    max() {
      const bucket = counts.findLastIndex((count) => count > 0);
      return bucket < 0 ? Number.NaN : middleOf(bucket);
    },
  };
}

function bucketOf(value: number): number {
  const whole = Math.min(Math.max(Math.round(value), 0), 0x7fff_ffff);
  if (whole < STEPS) return whole;
  const shift = 31 - Math.clz32(whole) - STEP_BITS;
  return STEPS * shift + (whole >> shift);
}

/** The smallest value of a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const shift = Math.floor(bucket / STEPS) - 1;
  return (bucket - STEPS * shift) * 2 ** shift;
}

function middleOf(bucket: number): number {
  const start = bucketStart(bucket);
  return start + (bucketStart(bucket + 1) - 1 - start) / 2;
}
