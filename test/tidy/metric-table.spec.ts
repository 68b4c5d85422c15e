/** The tables of metrics and spans in the docs are what the code has names for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS, SpanName } from '@writ/telemetry';
import { REPOSITORY } from '@writ/testkit';
import { describe, expect, it } from 'vitest';
import { tableBelow } from './configuration.ts';

const page = readFileSync(join(REPOSITORY, 'libs/telemetry/README.md'), 'utf8');

describe('libs/telemetry/README.md', () => {
  it('has every metric with its instrument, unit, attributes and meaning', () => {
    const wanted = Object.entries(METRICS).map(([name, about]) => [
      `\`${name}\``,
      about.instrument,
      about.unit,
      about.by.map((attribute) => `\`${attribute}\``).join(', '),
      about.description,
    ]);
    expect(tableBelow(page, 'Metrics')).toEqual(wanted);
  });

  it('has every span', () => {
    const told = tableBelow(page, 'Traces').map(([name = '']) => name.replaceAll('`', ''));
    expect(told.toSorted()).toEqual(Object.values(SpanName).toSorted());
  });
});
