/** A replay as people read it: what each service decided, and the first decisions that come out otherwise. */
import type { Fact } from '@writ/contracts';
import { factLine } from '../fact-line.ts';
import { table } from '../table.ts';
import type { Paint } from '../terminal.ts';
import type { ExplainedDifference, ReplayReport } from './replay-ledger.ts';

const SHOWN = 10;

export function replayText(report: ReplayReport, paint: Paint): string {
  const { asOf, commits, milliseconds, services, different, differences } = report;
  const decided = services.reduce(
    (sum, { same, possible, partial, differences: others }) => sum + same + possible + partial + others,
    0,
  );
  const rows = services.map((one) => [
    one.service,
    String(one.version),
    ...[one.same, one.possible, one.partial, one.differences].map((count) => count.toLocaleString('en')),
  ]);
  const seconds = (milliseconds / 1_000).toFixed(1);
  const lines = [table(['service', 'fold', 'same', 'possible', 'cut short', 'different'], rows, paint), ''];
  const what = `${decided.toLocaleString('en')} decisions in ${commits.toLocaleString('en')} commits, up to ledger sequence ${asOf}, in ${seconds} s`;
  if (different === 0) return [...lines, `${paint('green', 'identical')}: ${what}`].join('\n');
  lines.push(`${paint('red', `${different.toLocaleString('en')} different`)}: ${what}`);
  for (const one of differences.slice(0, SHOWN)) lines.push('', ...differenceLines(one, paint));
  if (different > SHOWN)
    lines.push('', paint('grey', `${different - SHOWN} more; --json tells the first 100`));
  return lines.join('\n');
}

const KINDS: Readonly<Record<ExplainedDifference['kind'], string>> = {
  changed: 'is decided otherwise now',
  unfounded: 'does not follow from what was known',
  missing: 'was owed and is not recorded',
};

function differenceLines(one: ExplainedDifference, paint: Paint): string[] {
  const { kind, service, tenant, seq, basis, now, version, recorded, derived, from, catalog } = one;
  const by = version === undefined ? '' : `, by fold version ${version}`;
  return [
    `${paint('red', `sequence ${seq}`)} ${service}, tenant ${tenant}: ${(recorded ?? derived)?.type ?? ''} ${KINDS[kind]}`,
    `  decided ${new Date(now).toISOString()} with facts up to ${basis}, catalog of ${catalog}${by}`,
    `  recorded  ${factText(recorded)}`,
    `  replayed  ${factText(derived)}`,
    ...from.map((fact) => `  from      ${factLine(fact, paint)}`),
  ];
}

function factText(fact: Pick<Fact, 'type' | 'data'> | undefined): string {
  return fact ? `${fact.type} ${JSON.stringify(fact.data)}` : 'nothing';
}
