/**
 * The record of one invocation: who asked for what, when, why it was allowed, where it ran and at what cost, in the
 * ledger's own words. It is a function of the facts alone: parts that are not there are undefined, which JSON leaves out,
 * and no part grows a key in the middle, so that a record has the same text whether it grew in memory or was read back
 * half way.
 */
import type {
  AgentId,
  Amounts,
  ApprovalTerms,
  Denial,
  Digest,
  EventData,
  EventType,
  ExecutorId,
  FlowOfCall,
  HoldLine,
  Instant,
  InvocationId,
  JsonObject,
  Outcome,
  PolicyDecided,
  Priority,
  SessionId,
  StepId,
  TenantId,
  ToolName,
  Verdict,
} from '@writ/contracts';

/** Where a fact stands in the ledger, and the server's time of it. */
export interface Moment {
  readonly seq: number;
  readonly at: Instant;
}

/** What a call is about and who pays for it. */
export interface Subject {
  readonly tool: ToolName;
  readonly project: string;
  readonly campaign: string | undefined;
}

/** The request as its agent sent it. */
export interface Asked extends Moment, Subject {
  readonly step: StepId | undefined;
  /** Absent when they are longer than `MAX_INPUTS_LENGTH`: then the digest of the decision stands for them. */
  readonly inputs: JsonObject | undefined;
  readonly log: string | undefined;
  readonly priority: Priority;
  readonly deadline: string | undefined;
  readonly justification: string | undefined;
  /** Earlier calls that led to it, the user it is for, and the attempt of a workflow's node: as its agent said. */
  readonly causedBy: readonly InvocationId[] | undefined;
  readonly onBehalfOf: string | undefined;
  readonly flow: FlowOfCall | undefined;
}

/** One verdict. A call that needed approval has two: `require-approval`, then what came of it. */
export interface Decided extends Moment {
  readonly verdict: Verdict;
  /** Only for a request that could not be read: otherwise it stands there. */
  readonly subject: Subject | undefined;
  readonly argsDigest: Digest;
  readonly ceiling: Amounts;
  readonly rules: PolicyDecided['rules'];
  readonly bundle: Digest;
  readonly catalogRevision: number;
  readonly denial: Denial | undefined;
  /** Standing grants that spoke for their givers, so that nobody had to be asked. */
  readonly standing: readonly string[] | undefined;
}

export interface Vote extends Moment {
  /** From the voter's credential. */
  readonly person: string;
  readonly vote: 'approve' | 'deny';
  readonly argsDigest: Digest;
  readonly reason: string | undefined;
}

export interface ApprovalClosed extends Moment {
  readonly result: 'granted' | 'denied' | 'expired';
  /** Who decided; for an expired approval, who had voted until then. */
  readonly persons: readonly string[];
  readonly reason: string | undefined;
  /** Of those who spoke in another's name: whose. */
  readonly inNameOf: Readonly<Record<string, string>> | undefined;
  /** Standing grants that spoke for their givers. */
  readonly standing: readonly string[] | undefined;
  /** One person alone granted, in an emergency. */
  readonly breakGlass: EventData<'approval.granted'>['breakGlass'];
}

export interface Approval extends Moment {
  readonly argsDigest: Digest;
  readonly terms: ApprovalTerms;
  readonly policies: readonly string[];
  readonly votes: readonly Vote[];
  readonly votesOmitted: number;
  readonly closed: ApprovalClosed | undefined;
}

export interface Hold extends Moment {
  readonly lines: readonly HoldLine[];
  readonly released: (Moment & { readonly reason: string }) | undefined;
}

/** Its place in the waves of a step of several calls. */
export interface Planned extends Moment {
  readonly wave: number;
  readonly waves: number;
  readonly parallel: boolean;
}

/** One grant to an executor. */
export interface Attempt extends Moment {
  readonly attempt: number;
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly started: Moment | undefined;
  /** How it ended, when that was not the last word on the call. */
  readonly ended: AttemptEnded | undefined;
}

export interface AttemptEnded extends Moment {
  /** It failed or gave its place up and is followed by another, was not begun, or was a question to the tool. */
  readonly cause: 'failed' | 'preempted' | 'returned' | 'not-done' | 'unknown';
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly used: Amounts | undefined;
}

/** What the attempts that were followed by another one cost, each settled for itself. */
export interface Tried {
  readonly attempts: number;
  /** Holds that were taken after the first one. */
  readonly holds: number;
  readonly used: Amounts;
  /** Of each unit that was held, what one account was charged. */
  readonly charged: Amounts;
  readonly ranMs: number;
}

/** The terminal fact as it stands in the ledger. */
export interface Ending extends Moment {
  readonly outcome: Outcome;
  readonly type: EventType;
  readonly data: unknown;
}

export interface InvocationRecord {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  /** Ledger sequences of the first and the last fact in this record, earlier lives included. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Absent for a message so broken that only its id could be read. */
  readonly asked: Asked | undefined;
  readonly decided: readonly Decided[];
  readonly approval: Approval | undefined;
  readonly hold: Hold | undefined;
  readonly planned: Planned | undefined;
  readonly attempts: readonly Attempt[];
  readonly attemptsOmitted: number;
  readonly tried: Tried | undefined;
  readonly cancelAsked: (Moment & { readonly by: string; readonly reason: string | undefined }) | undefined;
  /** Started on an executor that was lost; nobody knows yet what it did. */
  readonly indeterminate: (Moment & { readonly executor: ExecutorId }) | undefined;
  readonly ending: Ending | undefined;
  /** How often the same id was asked for again, and the last such request after the end. */
  readonly repeats: number;
  readonly askedAgain: Asked | undefined;
  /** Terminal facts after the end: each is a breach of "exactly one" and shows up in every report. */
  readonly breaches: readonly (Moment & { readonly type: EventType })[];
  /** Finished lives of the same id, oldest first. */
  readonly earlier: readonly InvocationRecord[];
  readonly earlierOmitted: number;
}

/** A record while facts are folded into it; only the fold has one. */
export type Draft = {
  -readonly [Part in keyof InvocationRecord]: InvocationRecord[Part] extends readonly (infer Item)[]
    ? Item[]
    : InvocationRecord[Part];
};

/** A record without any fact in it. */
export function emptyRecord(
  tenant: TenantId,
  invocation: InvocationId,
  agent: AgentId,
  firstSeq: number,
): Draft {
  return {
    tenant,
    invocation,
    agent,
    firstSeq,
    lastSeq: firstSeq,
    asked: undefined,
    decided: [],
    approval: undefined,
    hold: undefined,
    planned: undefined,
    attempts: [],
    attemptsOmitted: 0,
    tried: undefined,
    cancelAsked: undefined,
    indeterminate: undefined,
    ending: undefined,
    repeats: 0,
    askedAgain: undefined,
    breaches: [],
    earlier: [],
    earlierOmitted: 0,
  };
}

/** How far an invocation has come: its outcome, or the last step that it has taken. */
export type Stage =
  | Outcome
  | 'requested'
  | 'decided'
  | 'awaiting-approval'
  | 'queued'
  | 'dispatched'
  | 'running'
  | 'indeterminate';

export function stageOf(record: InvocationRecord): Stage {
  if (record.ending) return record.ending.outcome;
  if (record.indeterminate) return 'indeterminate';
  const attempt = record.attempts.at(-1);
  if (attempt?.ended) return 'queued';
  if (attempt) return attempt.started ? 'running' : 'dispatched';
  const decided = record.decided.at(-1);
  if (!decided) return 'requested';
  if (decided.verdict === 'require-approval') return record.approval ? 'awaiting-approval' : 'decided';
  return record.hold ? 'queued' : 'decided';
}

/** The tool, project and campaign of a record; the decision's word for one whose request could not be read. */
export function subjectOf(record: InvocationRecord): Subject | undefined {
  return record.asked ?? record.decided[0]?.subject;
}
