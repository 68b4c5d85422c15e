/**
 * Comparing the rows of invocations with what the stream says about them. The stream is folded once, and of every call that
 * has ended only a digest is kept, so that millions fit in memory; whatever is odd about a row is folded once more, alone,
 * and compared column by column.
 */
import { decodeCommit, digestOfBytes } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { glimpsesOf } from './glimpse.ts';
import { columnsOf } from './stored-row.ts';
import type { RowColumns, StoredRow } from './stored-row.ts';
import { foldTrace } from './trace.ts';
import type { Trace } from './trace.ts';

/** The first row that differs: whose it is, where its first fact stands, and what is wrong with it. */
export interface RowFault {
  readonly invocation: string;
  readonly seq: number;
  readonly what: string;
}

export interface RowVerification {
  /** Rows that are as their facts make them. */
  readonly checked: number;
  readonly fault?: RowFault;
}

/** The tenant's commits in order, up to a ledger sequence or its end. */
export type CommitsUpTo = (seq: number) => AsyncIterable<StoredCommit>;

/** What the stream says of one invocation, and whether its row was met. */
interface Expected {
  readonly first: number;
  /** Undefined once only the digest is kept. */
  trace: Trace | undefined;
  digest: string | undefined;
  /** Something was said after the end: the digest is of no use. */
  isAgain: boolean;
  isMet: boolean;
}

/** A row that may differ; without columns for a call that has none. */
interface Suspect {
  readonly invocation: string;
  readonly first: number;
  readonly row: StoredRow | undefined;
  readonly fault: string | undefined;
}

/** `asOf`: all facts up to this ledger sequence are in the rows; a row may be newer. */
export async function checkRows(
  asOf: number,
  commits: CommitsUpTo,
  rows: AsyncIterable<StoredRow>,
): Promise<RowVerification> {
  const expected = await expectedRows(commits(asOf));
  const suspects: Suspect[] = [];
  let checked = 0;
  for await (const row of rows) {
    const known = expected.get(row.invocation);
    const fault = row.fault ?? (known?.isMet ? 'stands there twice' : undefined);
    if (known) known.isMet = true;
    if (fault === undefined && row.last <= asOf && known && digestOf(known) === digestOfColumns(row.columns))
      checked += 1;
    else suspects.push({ invocation: row.invocation, first: row.first, row, fault });
  }
  for (const [invocation, { first, isMet }] of expected)
    if (!isMet) suspects.push({ invocation, first, row: undefined, fault: undefined });
  if (suspects.length === 0) return { checked };
  const faults = await lookedAtAgain(asOf, commits, suspects);
  const fault = faults.toSorted((a, b) => a.seq - b.seq || (a.invocation < b.invocation ? -1 : 1))[0];
  return fault ? { checked, fault } : { checked: checked + suspects.length };
}

async function expectedRows(commits: AsyncIterable<StoredCommit>): Promise<Map<string, Expected>> {
  const expected = new Map<string, Expected>();
  for await (const commit of commits) {
    for (const fact of decodeCommit(commit)) {
      for (const glimpse of glimpsesOf(fact)) {
        const known = expected.get(glimpse.invocation);
        if (known && !known.trace) known.isAgain = true;
        const trace = known && !known.trace ? undefined : foldTrace(known?.trace, fact, glimpse);
        if (!trace) continue;
        const ended = trace.outcome !== undefined;
        const digest = ended ? digestOfColumns(columnsOf(trace)) : undefined;
        const now = { trace: ended ? undefined : trace, digest };
        if (known) Object.assign(known, now);
        else expected.set(glimpse.invocation, { first: fact.seq, isAgain: false, isMet: false, ...now });
      }
    }
  }
  return expected;
}

function digestOf({ trace, digest, isAgain }: Expected): string | undefined {
  if (isAgain) return undefined;
  return trace ? digestOfColumns(columnsOf(trace)) : digest;
}

function digestOfColumns(columns: RowColumns): string {
  const names = Object.keys(columns).sort();
  return digestOfBytes(JSON.stringify(names.map((name) => [name, columns[name]])));
}

/** The faults of those that differ. A row that is newer than `asOf` is compared with what its own last fact made it. */
async function lookedAtAgain(
  asOf: number,
  commits: CommitsUpTo,
  suspects: readonly Suspect[],
): Promise<readonly RowFault[]> {
  const upTo = new Map<string, number>(
    suspects.map(({ invocation, row }) => [invocation, Math.max(asOf, row?.last ?? 0)]),
  );
  const traces = new Map<string, Trace>();
  const end = [...upTo.values()].reduce((most, seq) => Math.max(most, seq), 0);
  for await (const commit of commits(end)) {
    for (const fact of decodeCommit(commit)) {
      for (const glimpse of glimpsesOf(fact)) {
        if (fact.seq > (upTo.get(glimpse.invocation) ?? 0)) continue;
        const trace = foldTrace(traces.get(glimpse.invocation), fact, glimpse);
        if (trace) traces.set(glimpse.invocation, trace);
      }
    }
  }
  return suspects.flatMap((suspect) => {
    const trace = traces.get(suspect.invocation);
    const what = suspect.fault ?? differenceOf(suspect.row, trace);
    const seq = trace?.firstSeq ?? suspect.first;
    return what === undefined ? [] : [{ invocation: suspect.invocation, seq, what }];
  });
}

function differenceOf(row: StoredRow | undefined, trace: Trace | undefined): string | undefined {
  if (!trace) return 'is recorded, but nobody asked for it';
  if (!row) return 'is in the stream, but has no row';
  const wanted = columnsOf(trace);
  const name = Object.keys(wanted).find((column) => row.columns[column] !== wanted[column]);
  if (name === undefined) return undefined;
  return `has ${name} ${told(row.columns[name])} where its facts say ${told(wanted[name])}`;
}

function told(value: RowColumns[string] | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
