/**
 * The live spans of a service that writes: one for each batch of facts that it appends, as a producer of messages. The spans
 * of calls are made from facts later; each of them links to the batch that its fact went out in, whose ids follow from the
 * batch's own.
 */
import { ROOT_CONTEXT, SpanKind, TraceFlags, context, trace } from '@opentelemetry/api';
import type { SpanContext } from '@opentelemetry/api';
import { RunOutcome, Verdict } from '@writ/contracts';
import type { Fact, Instant, SubjectKind } from '@writ/contracts';
import type { CommittedFact } from '@writ/ledger';
import { SpanAttribute, SpanName, batchIdsOf, withinRatio } from '@writ/telemetry';
import type { Tracing } from '@writ/telemetry';

/** Facts that make the trace of their call be kept, as far as their writer knows. */
const TELLING: ReadonlySet<string> = new Set([
  'request.rejected',
  'approval.opened',
  'approval.granted',
  'approval.denied',
  'approval.expired',
  'budget.refused',
  'budget.escalated',
  'schedule.refused',
  'schedule.indeterminate',
  'schedule.resolved',
  'execution.attempted',
  'execution.queried',
]);

/** A batch that stands in the ledger. */
export interface WrittenBatch {
  /** Of the reaction, or of the executor's commit: event ids begin with it. */
  readonly id: string;
  readonly facts: readonly Fact[];
  /** Of its last commit. */
  readonly seq: number;
  readonly startMs: Instant;
  readonly endMs: Instant;
}

export class BatchSpans {
  readonly #service: string;
  readonly #kind: SubjectKind;
  readonly #tracing: Tracing;
  #last: Pick<WrittenBatch, 'id' | 'startMs' | 'endMs'> | undefined;

  constructor(service: string, kind: SubjectKind, tracing: Tracing) {
    this.#service = service;
    this.#kind = kind;
    this.#tracing = tracing;
  }

  /** Appends within the batch's context, so that what is logged meanwhile names it. */
  async appending<T>(id: string, append: () => Promise<T>): Promise<T> {
    const startMs = Date.now();
    const result = await context.with(trace.setSpanContext(ROOT_CONTEXT, new BatchContext(id)), append);
    this.#last = { id, startMs, endMs: Date.now() };
    return result;
  }

  /** What was appended last stands in the ledger. */
  committed(committed: readonly CommittedFact[]): void {
    const seq = committed.at(-1)?.seq;
    if (!this.#last || seq === undefined) return;
    this.write({ ...this.#last, facts: committed.map(({ fact }) => fact), seq });
  }

  write({ id, facts, seq, startMs, endMs }: WrittenBatch): void {
    if (!withinRatio(id, this.#tracing.ratio) && !facts.some(isTelling)) return;
    const name = SpanName.batch.replace('{kind}', this.#kind);
    const tenants = new Set(facts.map(({ tenant }) => tenant));
    this.#tracing.spans.write({
      ...batchIdsOf(id),
      service: this.#service,
      name,
      kind: SpanKind.PRODUCER,
      startMs,
      endMs,
      attributes: {
        [SpanAttribute.messagingSystem]: 'nats',
        [SpanAttribute.messagingOperation]: 'publish',
        [SpanAttribute.messagingOperationType]: 'send',
        [SpanAttribute.messagingDestination]: name.slice('publish '.length),
        [SpanAttribute.messagingBatch]: facts.length,
        [SpanAttribute.sequence]: seq,
        ...(tenants.size === 1 ? { [SpanAttribute.tenant]: [...tenants].join('') } : {}),
      },
    });
  }
}

/** Where a batch is appended. Its ids are a digest, which only a line that is logged meanwhile is worth. */
class BatchContext implements SpanContext {
  readonly traceFlags = TraceFlags.NONE;
  readonly #batch: string;

  constructor(batch: string) {
    this.#batch = batch;
  }

  get traceId(): string {
    return batchIdsOf(this.#batch).traceId;
  }

  get spanId(): string {
    return batchIdsOf(this.#batch).spanId;
  }
}

function isTelling(fact: Fact): boolean {
  if (fact.type === 'policy.decided') return fact.data.verdict !== Verdict.allow;
  if (fact.type === 'execution.completed') return fact.data.outcome !== RunOutcome.succeeded;
  return TELLING.has(fact.type);
}
