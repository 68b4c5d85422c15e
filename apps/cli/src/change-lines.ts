/** What an apply changes, as a person reads a diff. */
import type { Change, FieldChange } from '@writ/catalog';
import type { Colour, Paint } from './terminal.ts';

const SIGNS: Readonly<Record<Change['kind'], readonly [Colour, string]>> = {
  added: ['green', '+'],
  changed: ['yellow', '~'],
  removed: ['red', '-'],
};

export function changeLines(changes: readonly Change[], paint: Paint): string[] {
  return changes.flatMap((change) => {
    const [colour, sign] = SIGNS[change.kind];
    return [
      paint(colour, `${sign} ${change.what} ${change.name}`),
      ...change.fields.map((field) => fieldLine(field, paint)),
    ];
  });
}

function fieldLine({ field, before, after }: FieldChange, paint: Paint): string {
  const old = before === undefined ? '' : paint('red', text(before));
  const next = after === undefined ? '' : paint('green', text(after));
  return `    ${field}: ${[old || 'nothing', next || 'nothing'].join(' -> ')}`;
}

function text(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length <= 80 ? json : `${json.slice(0, 77)}...`;
}
