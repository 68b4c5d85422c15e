/** What the campaign prints at its end: the ranked molecules, and what was governed. */
import Table from 'cli-table3';
import type { Ranked } from './campaign.ts';
import type { Governed } from './governed.ts';
import type { Entry } from './journal.ts';

/** Molecules of the table. */
const SHOWN = 15;

export function rankingTable(ranking: readonly Ranked[], entries: readonly Entry[]): string {
  const table = plainTable(
    ['#', 'molecule', 'formula', 'g/mol', 'logP', 'TPSA', 'kcal/mol', 'populated', 'score', 'well', 'order'],
    [0, 3, 4, 5, 6, 7, 8],
  );
  ranking.slice(0, SHOWN).forEach((one, index) => {
    const { weight, logP, polarSurface } = one.descriptors;
    const { energy, populated } = one.quantum;
    table.push([
      String(index + 1),
      one.name,
      one.formula,
      weight.toFixed(1),
      logP.toFixed(2),
      polarSurface.toFixed(1),
      energy.toFixed(1),
      populated.toFixed(1),
      one.score.toFixed(3),
      wellOf(one.name, entries),
      orderOf(one.name, entries),
    ]);
  });
  return table.toString();
}

export function governedTable(found: Governed): string {
  const table = plainTable(['tool', 'ending', 'calls'], [2]);
  table.push(...found.calls.map(({ tool, ending, calls }) => [tool, ending, String(calls)]));
  return table.toString();
}

/** Sentences about everything that was not simply allowed. */
export function governedLines(found: Governed): string[] {
  return [
    ...found.approvals.map(
      ({ tool, molecule, result, by, policies }) =>
        `${result} ${by.length > 0 ? `by ${by.join(', ')}` : ''}`.trim().padEnd(20) +
        ` ${tool}${about(molecule)} (${policies.join(', ')})`,
    ),
    ...found.denials.map(
      ({ rule, tool, calls }) => `${'denied by policy'.padEnd(20)} ${tool}: ${rule}${times(calls)}`,
    ),
    ...found.budget.map(
      ({ molecule, account, unit, asked, free, limit }) =>
        `${'refused by budget'.padEnd(20)} ${molecule ?? ''}: ${asked} ${unit} asked of ${account}, ${free} free of ${limit}`,
    ),
    ...found.breakers.map(
      ({ tool, refused, evidence }) =>
        `${'refused by breaker'.padEnd(20)} ${tool}: ${evidence}${times(refused)}`,
    ),
  ];
}

function wellOf(molecule: string, entries: readonly Entry[]): string {
  const outcome = entries.find(
    (entry) => entry.tool === 'assay_gateway' && entry.molecule === molecule,
  )?.outcome;
  if (outcome?.status !== 'succeeded') return outcome?.status ?? '';
  const { plate, well } = outcome.output as { readonly plate: string; readonly well: number };
  return `${plate}${well}`;
}

function orderOf(molecule: string, entries: readonly Entry[]): string {
  const outcome = entries.find(
    (entry) => entry.tool === 'synthesize' && entry.molecule === molecule,
  )?.outcome;
  if (outcome?.status !== 'succeeded') return outcome?.status ?? '';
  return (outcome.output as { readonly order: string }).order;
}

function about(molecule: string | undefined): string {
  return molecule === undefined ? '' : ` of ${molecule}`;
}

function times(calls: number): string {
  return calls === 1 ? '' : `, ${calls} calls`;
}

function plainTable(head: string[], right: readonly number[]): InstanceType<typeof Table> {
  const colAligns = head.map((_, index) => (right.includes(index) ? ('right' as const) : ('left' as const)));
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}
