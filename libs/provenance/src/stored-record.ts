/**
 * A record as it is stored: the columns that name it, and the rest as one line of JSON. Half of what a call costs in a
 * database is the length of that line, so it leaves out what is empty and what the columns say. The same record always
 * has the same text, wherever it was stored and read back while it grew.
 */
import type { AgentId, InvocationId, TenantId } from '@writ/contracts';
import { emptyRecord } from './record.ts';
import type { InvocationRecord } from './record.ts';

export interface StoredRecord {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** `recordText` of it. */
  readonly text: string;
}

export function recordText(record: InvocationRecord): string {
  return JSON.stringify(packed(record));
}

/** The record that was stored. */
export function restoreRecord(stored: StoredRecord): InvocationRecord {
  return unpacked(stored, JSON.parse(stored.text) as Packed);
}

type Packed = Partial<Omit<InvocationRecord, 'earlier'>> & {
  readonly earlier?: readonly PackedLife[] | undefined;
};
type PackedLife = Packed & Pick<InvocationRecord, 'agent' | 'firstSeq' | 'lastSeq'>;

/** Undefined parts are left out by `JSON.stringify`; the order of the others is fixed here. */
function packed(record: InvocationRecord): Packed {
  const { ending } = record;
  return {
    asked: record.asked,
    decided: filled(record.decided),
    approval: record.approval,
    hold: record.hold,
    planned: record.planned,
    attempts: filled(record.attempts),
    attemptsOmitted: record.attemptsOmitted || undefined,
    tried: record.tried,
    cancelAsked: record.cancelAsked,
    indeterminate: record.indeterminate,
    ending: ending && { ...ending, data: withoutNames(record, ending.data as Named) },
    repeats: record.repeats || undefined,
    askedAgain: record.askedAgain,
    breaches: filled(record.breaches),
    earlier: filled(record.earlier)?.map(packedLife),
    earlierOmitted: record.earlierOmitted || undefined,
  } as Packed;
}

function packedLife(life: InvocationRecord): PackedLife {
  return { agent: life.agent, firstSeq: life.firstSeq, lastSeq: life.lastSeq, ...packed(life) };
}

function unpacked(names: Omit<StoredRecord, 'text'>, parts: Packed): InvocationRecord {
  const { tenant, invocation, agent, firstSeq, lastSeq } = names;
  const { ending, earlier = [] } = parts;
  return {
    ...emptyRecord(tenant, invocation, agent, firstSeq),
    ...parts,
    lastSeq,
    ending: ending && { ...ending, data: { invocation, agent, ...(ending.data as object) } },
    earlier: earlier.map((life) => unpacked({ tenant, invocation, ...life }, life)),
  };
}

interface Named {
  readonly invocation?: string | undefined;
  readonly agent?: string | undefined;
}

/** Every terminal fact names its invocation and, nearly always, the agent that asked for it. */
function withoutNames({ agent }: InvocationRecord, data: Named): Named {
  return { ...data, invocation: undefined, agent: data.agent === agent ? undefined : data.agent };
}

function filled<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}
