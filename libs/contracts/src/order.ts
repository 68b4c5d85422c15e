/** The order of names wherever an order must be the same on every machine: by UTF-16 units, never by a locale. */

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
