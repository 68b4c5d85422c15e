/** "Did you mean": the registered name that a misspelt one was most likely meant to be. */
import { MAX_COMPARED_NAMES } from './limits.ts';

/** The nearest of `known`, if at most a third of the letters (and at least one) differ. */
export function nearestName(wrong: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  let compared = 0;
  for (const name of known) {
    if (Math.abs(name.length - wrong.length) >= least) continue;
    if (++compared > MAX_COMPARED_NAMES) break;
    const distance = edits(fold(wrong), fold(name));
    if (distance >= least) continue;
    best = name;
    least = distance;
  }
  return best;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Levenshtein distance in which two swapped neighbours count as one slip (optimal string alignment). */
function edits(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      row.push(swapped ? Math.min(least, at(beforeLast, j - 2) + 1) : least);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
