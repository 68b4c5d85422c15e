/**
 * Text counts code points in CEL, UTF-16 units in JavaScript: the way from one to the other, free for plain
 * text.
 */

const SURROGATE = /[\ud800-\udfff]/;

/** How many code points a text has. */
export function codePoints(text: string): number {
  return SURROGATE.test(text) ? Array.from(text).length : text.length;
}

/** The UTF-16 position of a code point; the end of the text for the one past the last. */
export function unitsBefore(text: string, point: number): number {
  if (!SURROGATE.test(text)) return point;
  let units = 0;
  for (const character of text) {
    if (point-- <= 0) break;
    units += character.length;
  }
  return units;
}

/** The code point at a UTF-16 position that `indexOf` found; -1 stays. */
export function pointsBefore(text: string, unit: number): number {
  return unit < 0 ? unit : codePoints(text.slice(0, unit));
}
