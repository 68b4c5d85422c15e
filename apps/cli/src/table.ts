/** Tables without lines: readable on a terminal and still cut by `awk`. */
import Table from 'cli-table3';
import type { Paint } from './terminal.ts';

const BORDERS = [
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right',
  'left left-mid mid mid-mid right right-mid',
];
const NO_LINES = Object.fromEntries(BORDERS.flatMap((parts) => parts.split(' ')).map((part) => [part, '']));

export function table(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): string {
  const lines = new Table({
    head: head.map((title) => paint('grey', title.toUpperCase())),
    chars: { ...NO_LINES, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  lines.push(...rows.map((row) => [...row]));
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
