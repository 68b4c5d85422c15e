/**
 * Remembers what a pure function made of a text. A thousand tenants publish much the same catalog: what is compiled from
 * it is then kept once, not a thousand times.
 */

/** `most` results are kept, the oldest forgotten first; what throws is asked again each time. */
export function memoize<Result>(most: number, make: (text: string) => Result): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = make(text);
    if (known.size >= most) known.delete(known.keys().next().value as string);
    known.set(text, result);
    return result;
  };
}
