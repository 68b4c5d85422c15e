/** What a call that has ended is told in: steps, each with when it began and ended. */
import type { Attributes } from '@opentelemetry/api';
import type { Instant } from '@writ/contracts';
import type { InvocationRecord } from '@writ/provenance';
import type { SpanRecord } from './span-record.ts';

/** A record of a call that has ended, and began with a request that could be read. */
export type EndedRecord = InvocationRecord & {
  readonly asked: NonNullable<InvocationRecord['asked']>;
  readonly ending: NonNullable<InvocationRecord['ending']>;
};

export function isEnded(record: InvocationRecord): record is EndedRecord {
  return record.asked !== undefined && record.ending !== undefined;
}

/** One step of a call, before it has ids. */
export interface Hop {
  /** Unique in the call, `decide/1`. */
  readonly key: string;
  /** Key of the hop that it is part of; absent: of the call itself. */
  readonly within?: string;
  readonly service: string;
  readonly name: string;
  readonly startMs: Instant;
  readonly endMs: Instant;
  /** Ledger sequence of the fact that ended it. */
  readonly seq?: number | undefined;
  readonly attributes?: Attributes;
  readonly error?: string | undefined;
  readonly events?: SpanRecord['events'];
}
