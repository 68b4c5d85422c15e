/** A record as a row: the columns that can be asked for, and the whole as text, fixed at one moment. */
import { recordText, stageOf, subjectOf } from '@writ/provenance';
import type { InvocationRecord, Stage, StoredRecord } from '@writ/provenance';

export interface InvocationRow extends StoredRecord {
  readonly tool: string | undefined;
  readonly project: string | undefined;
  readonly campaign: string | undefined;
  readonly log: string | undefined;
  readonly stage: Stage;
  readonly requestedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
}

export function rowOf(record: InvocationRecord): InvocationRow {
  const subject = subjectOf(record);
  return {
    tenant: record.tenant,
    invocation: record.invocation,
    firstSeq: record.firstSeq,
    lastSeq: record.lastSeq,
    agent: record.agent,
    tool: subject?.tool,
    project: subject?.project,
    campaign: subject?.campaign,
    log: record.asked?.log,
    stage: stageOf(record),
    requestedAtMs: record.asked?.at,
    endedAtMs: record.ending?.at,
    text: recordText(record),
  };
}
