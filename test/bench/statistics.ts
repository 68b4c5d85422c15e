/** What a series of measurements says. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between what the median lies of all values that these are a sample of, 19 times of 20: its sign test, turned round. */
export function medianWithin(values: readonly number[]): readonly [low: number, high: number] {
  const share = Math.min(0.5, 0.98 / Math.sqrt(values.length));
  return [quantile(values, 0.5 - share), quantile(values, 0.5 + share)];
}
