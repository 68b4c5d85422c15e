/** Each service's README tells exactly what its process reads, and the names of metrics are what is measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceEnvironment } from '@writ/service';
import { Metric } from '@writ/telemetry';
import { REPOSITORY } from '@writ/testkit';
import { describe, expect, it } from 'vitest';
import type { ZodObject } from 'zod';
import { auditEnvironment } from '../../apps/audit/src/audit.config.ts';
import { executorEnvironment } from '../../apps/executor/src/executor.config.ts';
import { schedulerEnvironment } from '../../apps/scheduler/src/scheduler.config.ts';
import { exposedName, unknownMetrics, wrongConfiguration } from './configuration.ts';
import type { Variables } from './configuration.ts';
import { textFiles } from './source-files.ts';

const SCHEMAS: Readonly<Record<string, readonly ZodObject[]>> = {
  policy: [serviceEnvironment],
  budget: [serviceEnvironment],
  scheduler: [serviceEnvironment, schedulerEnvironment],
  executor: [serviceEnvironment, executorEnvironment],
  audit: [serviceEnvironment, auditEnvironment],
};
const metrics = Object.values(Metric);

describe('the repository', () => {
  it.each(Object.entries(SCHEMAS))('apps/%s/README.md tells what its process reads', (app, schemas) => {
    const path = `apps/${app}/README.md`;
    const text = readFileSync(join(REPOSITORY, path), 'utf8');
    expect(wrongConfiguration({ path, text }, variablesOf(schemas))).toEqual([]);
  });

  it('every metric has a name of its own, also where dots become underscores', () => {
    const names = metrics.map(exposedName);
    expect(names).toEqual([...new Set(names)]);
  });

  it('no page names a metric that is not measured', () => {
    const pages = textFiles().filter(({ path }) => path.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(5);
    expect(pages.flatMap((page) => unknownMetrics(page, metrics))).toEqual([]);
  });
});

describe('a page that is wrong', () => {
  const read: Variables = new Map([
    ['WRIT_URL', 'nats://a'],
    ['WRIT_PORT', '0'],
    ['WRIT_USER', undefined],
  ]);
  const page = (...rows: string[]) => ({
    path: 'README.md',
    text: `# x\n\n## Configuration\n\n| variable | default | meaning |\n| --- | --- | --- |\n${rows.join('\n')}\n\n## Runbook\n`,
  });

  it.each([
    ['nothing wrong', ['| `WRIT_URL`, `WRIT_PORT` | `nats://a`, `0` | |', '| `WRIT_USER` | | who |'], []],
    ['a variable missing', ['| `WRIT_URL`, `WRIT_USER` | |'], [/does not name WRIT_PORT/]],
    ['one too many', ['| `WRIT_URL`, `WRIT_PORT`, `WRIT_USER`, `WRIT_OLD` | |'], [/WRIT_OLD, which nothing/]],
    [
      'another default',
      ['| `WRIT_URL` | `nats://b` |', '| `WRIT_PORT`, `WRIT_USER` |'],
      [/is nats:\/\/b by/],
    ],
  ])('%s: is reported', (_what, rows, sentences) => {
    expect(wrongConfiguration(page(...rows), read)).toEqual(
      sentences.map((sentence) => expect.stringMatching(sentence) as string),
    );
  });

  it('an unknown metric: is reported', () => {
    const text = 'look at writ_queue_depth and `writ_queue_length`';
    expect(unknownMetrics({ path: 'README.md', text }, metrics)).toEqual([
      'README.md names the metric writ_queue_length, which is not measured',
    ]);
  });
});

/** A default that is no plain value (a set of labels, what this host has) is told in words. */
function variablesOf(schemas: readonly ZodObject[]): Variables {
  return new Map(
    schemas.flatMap((schema) => {
      const defaults = schema.parse({});
      return Object.keys(schema.shape).map((name) => {
        const value = defaults[name];
        const isPlain = typeof value === 'string' || typeof value === 'number';
        return [name, isPlain ? String(value) : undefined] as const;
      });
    }),
  );
}
