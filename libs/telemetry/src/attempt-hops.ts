/**
 * Where a call waits and where it runs: a wait before every grant, with its reason; the grant itself; in it the run of the
 * tool, whose span the tool's own spans are children of. Every grant has a run, also one that nobody saw the end of.
 */
import type { EventData } from '@writ/contracts';
import type { Attempt } from '@writ/provenance';
import type { EndedRecord, Hop } from './hop.ts';
import { SpanAttribute, SpanName } from './names.ts';
import { runHop } from './trace-ids.ts';

/** The waits of a call that was paid for: for its turn, for another try, for the word of a person. */
export function queueHops(record: EndedRecord): Hop[] {
  const { attempts, indeterminate, ending } = record;
  const hops: Hop[] = attempts.map((attempt, index) => ({
    ...wait(record, index),
    endMs: attempt.at,
    seq: attempt.seq,
    attributes: {
      [SpanAttribute.waitReason]: waitReason(record, index),
      [SpanAttribute.executor]: attempt.executor,
    },
  }));
  if (ending.type === 'schedule.refused') {
    const { detail } = ending.data as EventData<'schedule.refused'>;
    const next = wait(record, attempts.length);
    hops.push({ ...next, endMs: ending.at, seq: ending.seq, error: detail });
  }
  if (indeterminate) {
    hops.push({
      key: 'resolution',
      service: 'scheduler',
      name: SpanName.resolution,
      startMs: indeterminate.at,
      endMs: ending.at,
      seq: ending.seq,
      attributes: {
        [SpanAttribute.waitReason]: `nobody saw how it ended on ${indeterminate.executor}`,
        [SpanAttribute.executor]: indeterminate.executor,
      },
    });
  }
  return hops;
}

function wait(record: EndedRecord, index: number): Omit<Hop, 'endMs'> {
  const startMs = index === 0 ? readyAt(record) : endOf(record, index - 1);
  return { key: `queue/${index + 1}`, service: 'scheduler', name: SpanName.queue, startMs };
}

function waitReason({ attempts, planned }: EndedRecord, index: number): string {
  const before = attempts[index - 1];
  if (index === 0)
    return planned && planned.wave > 0 ? 'earlier calls of its step, then its turn' : 'its turn';
  if (before?.ended === undefined) return `${before?.executor} was lost`;
  if (before.ended.cause === 'failed') return `a pause after attempt ${before.attempt} failed`;
  return before.ended.cause === 'preempted'
    ? 'an operator wanted its place'
    : `attempt ${before.attempt} was given back`;
}

/** When it was allowed and paid for. */
function readyAt({ asked, decided, hold }: EndedRecord): number {
  return Math.max(asked.at, decided.at(-1)?.at ?? 0, hold?.at ?? 0);
}

/** Every grant, and what became of it. */
export function attemptHops(record: EndedRecord): Hop[] {
  return record.attempts.flatMap((attempt, index) => {
    const { at, executor, started } = attempt;
    const completed = completionOf(record, attempt);
    const endMs = endOf(record, index);
    const error = completed?.error ?? attempt.ended?.error ?? lostError(record, index);
    const told = { [SpanAttribute.attempt]: attempt.attempt, [SpanAttribute.executor]: executor };
    const failed = error && { [SpanAttribute.errorType]: error.code };
    const within = `execute/${attempt.attempt}`;
    const seq = completed ? record.ending.seq : attempt.ended?.seq;
    const hop = { service: 'executor', attributes: { ...told, ...failed }, error: error?.code };
    const asksTool = attempt.ended?.cause === 'not-done' || attempt.ended?.cause === 'unknown';
    const name = (asksTool ? SpanName.query : SpanName.run).replace('{tool}', record.asked.tool);
    const hops: Hop[] = [{ ...hop, key: within, name: SpanName.execute, startMs: at, endMs, seq }];
    if (started) {
      const begins = { service: 'executor', name: SpanName.start, startMs: at, endMs: started.at };
      hops.push({ ...begins, key: `start/${attempt.attempt}`, within, seq: started.seq, attributes: told });
    }
    if (attempt.ended?.cause !== 'returned') {
      const startMs = completed?.startedAtMs ?? started?.at ?? at;
      hops.push({
        ...hop,
        key: runHop(attempt.attempt),
        within,
        name,
        startMs,
        endMs: completed?.endedAtMs ?? endMs,
      });
    }
    return hops;
  });
}

function completionOf(
  { ending }: EndedRecord,
  { attempt }: Attempt,
): EventData<'execution.completed'> | undefined {
  if (ending.type !== 'execution.completed') return undefined;
  const data = ending.data as EventData<'execution.completed'>;
  return data.attempt === attempt ? data : undefined;
}

/** When a grant was over: by its own word, or when somebody noticed. */
function endOf({ attempts, indeterminate, ending }: EndedRecord, index: number): number {
  const attempt = attempts[index];
  if (attempt?.ended) return attempt.ended.at;
  const next = attempts[index + 1];
  if (next === undefined)
    return indeterminate && ending.type === 'schedule.resolved' ? indeterminate.at : ending.at;
  return indeterminate && indeterminate.at >= (attempt?.at ?? 0) && indeterminate.at <= next.at
    ? indeterminate.at
    : next.at;
}

function lostError(record: EndedRecord, index: number): { readonly code: string } | undefined {
  const attempt = record.attempts[index] as Attempt;
  if (attempt.ended || completionOf(record, attempt)) return undefined;
  return { code: 'executor-lost' };
}
