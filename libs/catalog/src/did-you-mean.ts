/** "Did you mean" in a message about a file: a misspelt name, or one that was left unfinished. */
import { nearestName } from '@writ/contracts';

/** Letters from which the beginning of a name stands for it. */
const LEAST_LETTERS = 3;

/** `; did you mean "x"?`, or nothing when no known name is close. */
export function didYouMean(wrong: string, known: ReadonlySet<string> | readonly string[]): string {
  const meant = nearestName(wrong, known) ?? unfinished(wrong, known);
  return meant === undefined ? '' : `; did you mean "${meant}"?`;
}

/** `timeoutSeconds` for `timeout`. */
function unfinished(wrong: string, known: Iterable<string>): string | undefined {
  if (wrong.length < LEAST_LETTERS) return undefined;
  for (const name of known) if (name.toLowerCase().startsWith(wrong.toLowerCase())) return name;
  return undefined;
}
