/**
 * "Did you mean": the known name that a misspelt one was most likely meant to be. A suggestion is a guess that a person
 * or a model may follow, so it is made only for slips: few letters, and fewer the shorter the name is. It is bounded,
 * because whoever misspells a name makes us look for it.
 */

/** Most wrong letters of any name; more is another name. */
const MAX_EDITS = 4;
/** One slip is believed for every so many letters: short names are close to each other by chance. */
const LETTERS_PER_EDIT = 3;
/** Letters of a name that are compared. */
const MAX_LETTERS = 64;
/** Known names of about the right length that are compared: guessing names must cost who guesses more than us. */
const MAX_NAMES_COMPARED = 500;

/** The nearest of `known` within `mostEdits` slips, the first of several; case, "-", "_" and spaces do not count. */
export function nearestName(
  wrong: string,
  known: Iterable<string>,
  mostEdits = MAX_EDITS,
): string | undefined {
  const written = folded(wrong);
  let nearest: string | undefined;
  let bound = mostEdits;
  let compared = 0;
  for (const name of known) {
    if (compared === MAX_NAMES_COMPARED) break;
    const candidate = folded(name);
    const believed = Math.floor(Math.max(written.length, candidate.length) / LETTERS_PER_EDIT);
    const most = Math.min(bound, believed);
    if (Math.abs(candidate.length - written.length) > most) continue;
    compared++;
    const edits = editsBetween(written, candidate, most);
    if (edits > most) continue;
    nearest = name;
    bound = edits - 1;
  }
  return nearest;
}

function folded(name: string): string {
  return name.slice(0, MAX_LETTERS).toLowerCase().replaceAll(/[-_ ]/g, '');
}

/**
 * Optimal string alignment distance: letters inserted, deleted or replaced, and neighbours swapped. Exact up to `bound`;
 * only the band around the diagonal that can stay within it is computed (Ukkonen 1985).
 */
function editsBetween(a: string, b: string, bound: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = i <= bound ? [i] : [];
    for (let j = Math.max(1, i - bound); j <= Math.min(b.length, i + bound); j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const least = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1);
      row[j] = swapped ? Math.min(least, at(beforeLast, j - 2) + 1) : least;
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

/** Outside of the band everything is too far. */
function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
