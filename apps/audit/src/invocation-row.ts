/**
 * A record as a row: the columns that can be asked for, and the rest as text, fixed at one moment. Half of what a call
 * costs in Postgres is the length of this text, so it leaves out what is empty and what another part of the row says.
 * The same record always has the same text.
 */
import type { AgentId, InvocationId, TenantId } from '@writ/contracts';
import { emptyRecord, stageOf, subjectOf } from '@writ/provenance';
import type { InvocationRecord, Stage } from '@writ/provenance';

export interface InvocationRow extends StoredRecord {
  readonly lastSeq: number;
  readonly tool: string | undefined;
  readonly project: string | undefined;
  readonly campaign: string | undefined;
  readonly log: string | undefined;
  readonly stage: Stage;
  readonly requestedAtMs: number | undefined;
  readonly endedAtMs: number | undefined;
}

/** The columns that a record is made of again. */
export interface StoredRecord {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** JSON in one line. */
  readonly record: string;
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
    record: textOf(record),
  };
}

/** What `rowOf` was given. */
export function recordOf({
  tenant,
  invocation,
  agent,
  firstSeq,
  lastSeq,
  record,
}: StoredRecord): InvocationRecord {
  const parts = JSON.parse(record) as Partial<InvocationRecord>;
  const { ending } = parts;
  const whole = { ...emptyRecord(tenant, invocation, agent, firstSeq), ...parts, lastSeq };
  if (!ending) return whole;
  return { ...whole, ending: { ...ending, data: { invocation, agent, ...(ending.data as object) } } };
}

/** Undefined parts are left out by `JSON.stringify`; the order of the others is fixed here. */
function textOf(record: InvocationRecord): string {
  const { ending } = record;
  return JSON.stringify({
    asked: record.asked,
    decided: filled(record.decided),
    approval: record.approval,
    hold: record.hold,
    planned: record.planned,
    attempts: filled(record.attempts),
    attemptsOmitted: record.attemptsOmitted || undefined,
    cancelAsked: record.cancelAsked,
    indeterminate: record.indeterminate,
    ending: ending && { ...ending, data: withoutNames(record, ending.data as Named) },
    repeats: record.repeats || undefined,
    askedAgain: record.askedAgain,
    breaches: filled(record.breaches),
    earlier: filled(record.earlier),
    earlierOmitted: record.earlierOmitted || undefined,
  });
}

interface Named {
  readonly invocation?: string;
  readonly agent?: string;
}

/** Every terminal fact names its invocation and, nearly always, the agent that asked for it. */
function withoutNames({ agent }: InvocationRecord, data: Named): Named {
  return { ...data, invocation: undefined, agent: data.agent === agent ? undefined : data.agent } as Named;
}

function filled<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
