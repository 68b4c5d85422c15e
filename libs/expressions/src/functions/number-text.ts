/** Doubles as text, spelled as the reference implementation of CEL does (Go's `%g`, `%f`, `%e`). */

/**
 * Shortest text that reads back as the same double; exponents from 1e+21 and below 1e-4, of at least two
 * digits.
 */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e21)) return twoDigitExponent(value.toExponential());
  return Object.is(value, -0) ? '-0' : String(value);
}

/** `%f` of a precision; ties go to the even digit. */
export function formatFixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return special(value);
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}${precision > 0 ? `.${'0'.repeat(precision)}` : ''}`;
  const rounded = value.toFixed(precision);
  if (!isTie(value, precision)) return rounded;
  // JavaScript rounds a tie away from zero: the digit before is the even one when its own is odd.
  return /[13579]$/.test(rounded) ? stepTowardsZero(rounded) : rounded;
}

/** `%e` of a precision. */
export function formatScientific(value: number, precision: number): string {
  return Number.isFinite(value) ? twoDigitExponent(value.toExponential(precision)) : special(value);
}

function special(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Whether the exact value lies in the middle between two texts of this precision. */
function isTie(value: number, precision: number): boolean {
  const exact = value.toFixed(Math.min(100, precision + 40));
  const point = exact.indexOf('.');
  return /^50*$/.test(exact.slice(point + 1 + precision));
}

function stepTowardsZero(text: string): string {
  const last = Number(text.at(-1));
  return `${text.slice(0, -1)}${last - 1}`;
}
