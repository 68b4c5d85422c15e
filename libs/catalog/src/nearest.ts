/** "Did you mean": the known name that a wrong one was most likely meant to be. */

/** `; did you mean "x"?`, or nothing when no known name is close. */
export function didYouMean(wrong: string, known: Iterable<string>): string {
  const match = nearest(wrong, known);
  return match === undefined ? '' : `; did you mean "${match}"?`;
}

/** The closest of `known` within a third of the length in edits; case, "-" and "_" do not count. */
export function nearest(wrong: string, known: Iterable<string>): string | undefined {
  const target = fold(wrong);
  const most = Math.max(1, Math.floor(target.length / 3));
  let best: string | undefined;
  let least = most + 1;
  for (const candidate of known) {
    const distance = isBeginning(target, fold(candidate)) ? 1 : edits(target, fold(candidate));
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** `timeout` for `timeoutSeconds`: a name left unfinished. */
function isBeginning(target: string, candidate: string): boolean {
  return target.length >= 3 && candidate.startsWith(target) && candidate !== target;
}

function fold(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '').slice(0, 64);
}

/** Optimal string alignment distance: insert, delete, replace, or swap of two neighbours. */
function edits(a: string, b: string): number {
  let older: number[] = [];
  let old = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((old[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (old[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (older[j - 2] ?? 0) + 1);
      }
      row.push(least);
    }
    older = old;
    old = row;
  }
  return old[b.length] ?? 0;
}
