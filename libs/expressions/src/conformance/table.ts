/** The conformance result as the README shows it. */
import type { SuiteResult } from './run.ts';

/** One row for each suite, then the sum; after it, what differs. */
export function conformanceTable(results: readonly SuiteResult[]): string {
  const rows = results.map(({ name, passed, total, leftOut }) => row(name, passed, total, leftOut));
  const sum = (of: (result: SuiteResult) => number): number =>
    results.reduce((all, result) => all + of(result), 0);
  const all = row(
    '**all**',
    sum((result) => result.passed),
    sum((result) => result.total),
    sum((result) => result.leftOut),
  );
  const head = [
    '| suite | as specified | of | rate | left out (protobuf) |',
    '| --- | ---: | ---: | ---: | ---: |',
  ];
  return [...head, ...rows, all, '', ...differences(results)].join('\n');
}

function row(name: string, passed: number, total: number, leftOut: number): string {
  return `| ${name} | ${passed} | ${total} | ${((100 * passed) / total).toFixed(1)} % | ${leftOut} |`;
}

function differences(results: readonly SuiteResult[]): string[] {
  const all = results.flatMap((result) => result.differences);
  if (all.length === 0) return ['Differences: none.'];
  const lines = all.map(
    (one) => `- ${one.suite}/${one.name}: \`${one.source}\` is ${one.expected}, here ${one.got}`,
  );
  return ['Differences:', ...lines];
}
