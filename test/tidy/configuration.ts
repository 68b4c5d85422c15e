/** What a service's README says of its environment, held against the schema that reads it. */
import { exposedNames } from '@writ/telemetry';
import type { Metric } from '@writ/telemetry';
import type { SourceFile } from './source-files.ts';

/** The variables that a process reads, each with its default as text; undefined when it has none. */
export type Variables = ReadonlyMap<string, string | undefined>;

/** Sentences about the table below "## Configuration": what it lacks, what it invents, which default it has wrong. */
export function wrongConfiguration({ path, text }: SourceFile, variables: Variables): string[] {
  const told = new Map(tableBelow(text, 'Configuration').flatMap(variablesOf));
  const missing = [...variables.keys()].filter((name) => !told.has(name));
  const invented = [...told.keys()].filter((name) => !variables.has(name));
  const wrong = [...told].filter(
    ([name, shown]) => shown !== undefined && variables.has(name) && shown !== variables.get(name),
  );
  return [
    ...missing.map((name) => `${path} does not name ${name}, which is read`),
    ...invented.map((name) => `${path} names ${name}, which nothing reads`),
    ...wrong.map(([name, shown]) => `${path} says ${name} is ${shown} by default: ${variables.get(name)}`),
  ];
}

/** Names of metrics in a text (`writ_queue_depth`) that are none of `metrics` (`writ.queue.depth`). */
export function unknownMetrics({ path, text }: SourceFile, metrics: readonly Metric[]): string[] {
  const known = new Set(metrics.flatMap((metric) => [exposedName(metric), ...exposedNames(metric)]));
  const named = text.match(/\bwrit_[a-z_]+/g) ?? [];
  return named
    .filter((name) => !known.has(name))
    .map((name) => `${path} names the metric ${name}, which is not measured`);
}

/** As `/metrics` shows it. */
export function exposedName(metric: string): string {
  return metric.replaceAll('.', '_');
}

/** The cells of each row of the first table below a heading. */
export function tableBelow(text: string, heading: string): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** A row may tell several variables; a default is checked where it is quoted, one for each. */
function variablesOf([names = '', defaults = '']: readonly string[]): [string, string | undefined][] {
  const shown = quoted(defaults);
  return quoted(names).map((name, index, all) => [
    name,
    shown.length === all.length ? shown[index] : undefined,
  ]);
}

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*)`/g)].map((match) => match[1] ?? '');
}
