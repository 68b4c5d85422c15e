/**
 * How long a tool runs, learned from the runs that have ended: a histogram with four buckets for each doubling, in which
 * old runs count less and less. Quantiles are right to a fifth, which is enough to order and to forecast by.
 */

const PER_DOUBLING = 4;

/** The first bucket holds all that is shorter, the last one (about four months) all that is longer. */
const SHORTEST_MS = 0.25;
const LAST_BUCKET = 140;

/** When so many runs are counted, each counts half: later runs matter more. */
const HALVE_AT = 1_024;

/** With fewer runs than this, the quickest says little of how quick a run can be. */
const ENOUGH_FOR_LEAST = 8;

export class RunTimes {
  #counts: number[];
  #total: number;
  /** Looked up when it is asked for, until the next run ends. */
  #median: number | undefined;

  constructor(counts: readonly number[] = []) {
    this.#counts = [...counts];
    this.#total = counts.reduce((sum, count) => sum + count, 0);
  }

  /** Half of the runs take no longer; undefined before the first one has ended. */
  get medianMs(): number | undefined {
    if (this.#total === 0) return undefined;
    return (this.#median ??= this.#quantile(0.5));
  }

  /** Nine runs of ten take longer; 0 while too few are known to say. */
  get leastMs(): number {
    return this.#total < ENOUGH_FOR_LEAST ? 0 : this.#quantile(0.1);
  }

  add(milliseconds: number): void {
    const bucket = bucketOf(milliseconds);
    while (this.#counts.length <= bucket) this.#counts.push(0);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#median = undefined;
    if (++this.#total < HALVE_AT) return;
    this.#counts = this.#counts.map((count) => count >> 1);
    this.#total = this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** Runs in each bucket: what a snapshot keeps. */
  counts(): readonly number[] {
    return this.#counts;
  }

  #quantile(share: number): number {
    let left = share * this.#total;
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    // The middle of the bucket, as ratios go.
    return SHORTEST_MS * 2 ** ((bucket + 0.5) / PER_DOUBLING);
  }
}

function bucketOf(milliseconds: number): number {
  if (!(milliseconds > SHORTEST_MS)) return 0;
  return Math.min(LAST_BUCKET, Math.floor(PER_DOUBLING * Math.log2(milliseconds / SHORTEST_MS)));
}
