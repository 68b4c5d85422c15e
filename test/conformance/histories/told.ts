/** What every fold of this release makes of a recorded ledger, as text: states, rows of the record, decisions made again. */
import { budget } from '@writ/budget';
import { decodeCommit } from '@writ/contracts';
import type { Decider, Json } from '@writ/contracts';
import { gatedPolicy } from '@writ/decisions';
import { DeciderPath } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { beginsRecord, breakerEvent, foldRecord, invocationsOf, recordText } from '@writ/provenance';
import type { InvocationRecord } from '@writ/provenance';
import { scheduler } from '@writ/scheduler';
import { ServiceReplays } from '../../../apps/cli/src/replay/replay-services.ts';

const MOST_DIFFERENCES = 100;

/** One line for each thing that can change by itself, so that a diff says what did. */
export function told(commits: readonly LedgerCommit[]): string {
  return [
    ...section('decided again', decidedAgain(commits)),
    ...section('types of events', typesOf(commits)),
    ...section('state of policy', linesOf(stateOf(gatedPolicy, commits))),
    ...section('state of budget', linesOf(stateOf(budget, commits))),
    ...section('state of scheduler', linesOf(stateOf(scheduler, commits))),
    ...section('records', recordsOf(commits)),
    ...section('turns of breakers', turnsOf(commits)),
  ].join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return [`# ${title}`, ...lines, ''];
}

function decidedAgain(commits: readonly LedgerCommit[]): string[] {
  const replays = new ServiceReplays({}, MOST_DIFFERENCES);
  for (const commit of commits) replays.receive(commit);
  const counts = replays
    .results()
    .map(({ service, same, possible, partial, differences }) =>
      [
        service,
        `same ${same}`,
        `possible ${possible}`,
        `cut short ${partial}`,
        `different ${differences}`,
      ].join(', '),
    );
  return [...counts, ...replays.differences.map((one) => JSON.stringify(one))];
}

function typesOf(commits: readonly LedgerCommit[]): string[] {
  const counts = new Map<string, number>();
  for (const { type } of commits.flatMap((commit) => decodeCommit(commit)))
    counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${type} ${count}`).sort();
}

function stateOf<State, Offer>(decider: Decider<State, Offer>, commits: readonly LedgerCommit[]): Json {
  const path = new DeciderPath(decider);
  for (const commit of commits) if (path.receive(commit) === 'own') path.foldOwn(commit);
  path.closeOpen();
  path.foldHeld(path.seen);
  return decider.snapshot(path.state);
}

/** Three levels deep, each value below on a line of its own. */
function linesOf(value: Json, name = '', depth = 0): string[] {
  if (depth === 3 || typeof value !== 'object' || value === null)
    return [`${name} ${JSON.stringify(value)}`.trim()];
  return Object.entries(value).flatMap(([key, inner]) =>
    linesOf(inner, name === '' ? key : `${name}.${key}`, depth + 1),
  );
}

function recordsOf(commits: readonly LedgerCommit[]): string[] {
  const records = new Map<string, InvocationRecord>();
  for (const fact of commits.flatMap((commit) => decodeCommit(commit))) {
    for (const [nth, invocation] of invocationsOf(fact).entries()) {
      const key = `${fact.tenant}/${invocation}`;
      const before = records.get(key);
      if (!before && !beginsRecord(fact)) continue;
      const record = foldRecord(before, fact, nth);
      if (record) records.set(key, record);
    }
  }
  return [...records].map(([key, record]) => `${key} ${recordText(record)}`);
}

function turnsOf(commits: readonly LedgerCommit[]): string[] {
  return commits
    .flatMap((commit) => decodeCommit(commit))
    .flatMap((fact) => {
      const turn = breakerEvent(fact);
      return turn ? [JSON.stringify(turn)] : [];
    });
}
