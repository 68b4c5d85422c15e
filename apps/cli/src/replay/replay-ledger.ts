/** Reads the ledger once for the replay, and once more for what led to its differences. */
import { SubjectKind, decodeCommit, parseSubject } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { subjectOf } from '@writ/ledger';
import type { Difference, Ledger, LedgerCommit } from '@writ/ledger';
import { ServiceReplays } from './replay-services.ts';
import type { Replayed, ReplayWish, ServiceReplay } from './replay-services.ts';

export interface ExplainedDifference extends Difference {
  /** What was folded about the same call, circuit or account when it was decided, oldest first. */
  readonly from: readonly RecordedFact[];
  /** Ledger sequence of the tenant's catalog as it was then; 0: it had none. */
  readonly catalog: number;
}

export interface ReplayReport {
  /** Everything up to this ledger sequence was replayed. */
  readonly asOf: number;
  readonly commits: number;
  readonly milliseconds: number;
  readonly services: readonly ServiceReplay[];
  /** How many there are, and the first of them. */
  readonly different: number;
  readonly differences: readonly ExplainedDifference[];
}

export interface ReplayOptions extends ReplayWish {
  /** Up to the end of the ledger by default. */
  readonly to?: number | undefined;
  /** Told from time to time how far it has come. */
  readonly onProgress?: (seq: number, asOf: number) => void;
  readonly signal?: AbortSignal;
}

const BURST_BYTES = 4 * 1024 * 1024;
/** Differences that are kept and explained. */
const MOST_DIFFERENCES = 100;
/** Facts that are told of one difference, the latest ones. */
const MOST_FACTS = 20;

const KIND_OF: Readonly<Record<Replayed, SubjectKind>> = {
  policy: SubjectKind.decisions,
  budget: SubjectKind.budget,
  scheduler: SubjectKind.schedule,
};

/** @throws the signal's reason when it aborts */
export async function replayLedger(ledger: Ledger, options: ReplayOptions = {}): Promise<ReplayReport> {
  const started = performance.now();
  const last = await ledger.lastSequence();
  const asOf = Math.min(options.to ?? last, last);
  const replays = new ServiceReplays(options, MOST_DIFFERENCES);
  let commits = 0;
  for await (const burst of bursts(ledger, asOf)) {
    options.signal?.throwIfAborted();
    for (const commit of burst) replays.receive(commit);
    commits += burst.length;
    options.onProgress?.(burst.at(-1)?.seq ?? asOf, asOf);
  }
  const services = replays.results();
  const milliseconds = performance.now() - started;
  const differences = await explained(ledger, replays.differences);
  const different = services.reduce((sum, one) => sum + one.differences, 0);
  return { asOf, commits, milliseconds, services, different, differences };
}

async function* bursts(ledger: Ledger, upTo: number): AsyncGenerator<readonly LedgerCommit[], undefined> {
  for (let from = 1; from <= upTo;) {
    const burst = (await ledger.burst(from, BURST_BYTES)).filter(({ seq }) => seq <= upTo);
    const last = burst.at(-1);
    if (!last) return;
    yield burst;
    from = last.seq + 1;
  }
}

async function explained(ledger: Ledger, differences: readonly Difference[]): Promise<ExplainedDifference[]> {
  const open = differences.map((one) => ({ ...one, from: [] as RecordedFact[], catalog: 0 }));
  const last = open.reduce((most, { seq }) => Math.max(most, seq), 0);
  for await (const burst of bursts(ledger, last)) {
    for (const commit of burst) {
      const parts = parseSubject(commit.subject);
      const concerned = open.filter(
        (one) => parts?.tenant === one.tenant && wasFolded(one, parts.kind, commit),
      );
      if (concerned.length === 0) continue;
      const facts = decodeCommit(commit);
      for (const one of concerned) {
        if (parts?.kind === SubjectKind.catalog) one.catalog = commit.seq;
        for (const fact of facts) if (isAbout(fact, one)) one.from.push(fact);
        one.from.splice(0, one.from.length - MOST_FACTS);
      }
    }
  }
  // By what each was decided on: what changed comes before what follows from it.
  return open.sort((a, b) => a.basis - b.basis);
}

/** Own facts up to the decision, others' up to its basis. */
function wasFolded({ service, seq, basis }: Difference, kind: SubjectKind, commit: LedgerCommit): boolean {
  return KIND_OF[service as Replayed] === kind ? commit.seq < seq : commit.seq <= basis;
}

function isAbout(fact: RecordedFact, { recorded, derived }: Difference): boolean {
  const named = [recorded, derived].flatMap((one) => (one ? [subjectOf(one)] : []));
  if (fact.type === 'tool.requested')
    return fact.data.calls.some(({ invocation }) => named.includes(`invocation ${invocation}`));
  return named.includes(subjectOf(fact));
}
