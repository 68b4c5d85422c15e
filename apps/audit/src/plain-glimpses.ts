/**
 * Glimpses of the facts that every call has, read off a scanned event without building it. What does not look as it nearly
 * always does is left to `decodeCommit`, and nothing is accepted that it would not accept.
 */
import {
  EVENTS_BY_KIND,
  MAX_CALLS_PER_STEP,
  RunOutcome,
  SubjectKind,
  Verdict,
  isSampled,
  isToken,
  isTraceparent,
} from '@writ/contracts';
import type { AgentId, Digest, ExecutorId, InvocationId } from '@writ/contracts';
import { newGlimpse } from '@writ/provenance';
import type { Glimpse } from '@writ/provenance';
import { Member } from './event-members.ts';
import type { EventScan } from './event-scan.ts';

const RUN_OUTCOMES = Object.values(RunOutcome);
const PLAIN_TYPES = ['policy.decided', 'budget.reserved', 'schedule.dispatched'] as const;
const USAGE = /^\{(?:"[a-z][a-z0-9-]{0,31}":"\d{1,15}"(?:,(?!\}))?)*\}$/;

/** Members of a request's data that are names, and known members that it may not have. */
const REQUEST_NAMES = [Member.project, Member.campaign, Member.log, Member.step] as const;
const STRANGERS: readonly Member[] = [
  Member.type,
  Member.data,
  Member.id,
  Member.source,
  Member.time,
  Member.specversion,
  Member.invocation,
  Member.agent,
  Member.tool,
  Member.holds,
  Member.traceparent,
];

/** The glimpses of the present event of a commit on a subject of this kind and origin; undefined when it is not plain. */
export function plainGlimpses(scan: EventScan, kind: SubjectKind, origin: string): Glimpse[] | undefined {
  // Only first versions look plain (`upcast.ts` of the contracts).
  if (scan.has(Member.dataversion)) return undefined;
  if (kind === SubjectKind.requests) return request(scan, origin as AgentId);
  const glimpse = kind === SubjectKind.executions ? completion(scan) : ownGlimpse(scan, kind);
  return glimpse && [glimpse];
}

const CALL_MEMBERS: ReadonlySet<string> = new Set(['invocation', 'tool', 'inputs']);

interface PlainCall {
  readonly invocation: InvocationId;
  readonly tool: string;
  readonly inputs?: object;
}

/** A request without anything unusual: no priority, deadline or justification, and inputs that are flat. */
function request(scan: EventScan, agent: AgentId): Glimpse[] | undefined {
  if (!scan.is(Member.type, 'tool.requested') || !isEnvelope(scan)) return undefined;
  const parent = scan.text(Member.traceparent);
  if (scan.has(Member.traceparent) && !isTraceparent(parent)) return undefined;
  const sampled = parent !== undefined && isSampled(parent);
  if (
    !scan.openData() ||
    !scan.familiar ||
    !REQUEST_NAMES.every((name) => !scan.has(name) || scan.isName(name))
  )
    return undefined;
  if (STRANGERS.some((name) => scan.has(name))) return undefined;
  const calls = parsed(scan.json(Member.calls));
  if (!Array.isArray(calls) || calls.length === 0 || calls.length > MAX_CALLS_PER_STEP) return undefined;
  const project = scan.text(Member.project) ?? 'default';
  const campaign = scan.text(Member.campaign);
  const log = scan.text(Member.log);
  const glimpses: Glimpse[] = [];
  for (const call of calls as readonly unknown[]) {
    if (!isPlainCall(call)) return undefined;
    const { invocation, tool, inputs = {} } = call;
    const glimpse = newGlimpse('tool.requested', invocation);
    glimpse.agent = agent;
    glimpse.tool = tool;
    glimpse.project = project;
    glimpse.campaign = campaign;
    glimpse.log = log;
    glimpse.text = [inputs];
    glimpse.sampled = sampled;
    glimpses.push(glimpse);
  }
  return glimpses;
}

function isPlainCall(call: unknown): call is PlainCall {
  if (typeof call !== 'object' || call === null) return false;
  for (const name in call) if (!CALL_MEMBERS.has(name)) return false;
  const { invocation, tool, inputs } = call as Readonly<Record<string, unknown>>;
  return (
    typeof invocation === 'string' &&
    isToken(invocation) &&
    typeof tool === 'string' &&
    isToken(tool) &&
    (inputs === undefined || isFlat(inputs))
  );
}

function isFlat(inputs: unknown): boolean {
  if (typeof inputs !== 'object' || inputs === null || Array.isArray(inputs)) return false;
  for (const name in inputs) {
    const value = (inputs as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'object' && value !== null) return false;
  }
  return true;
}

/** The glimpse of one of the facts that every call has, when it looks as it nearly always does. */
function ownGlimpse(scan: EventScan, kind: SubjectKind): Glimpse | undefined {
  const type = PLAIN_TYPES.find((one) => scan.is(Member.type, one));
  if (
    type === undefined ||
    !EVENTS_BY_KIND[kind].has(type) ||
    !scan.openData() ||
    !scan.isName(Member.invocation)
  )
    return undefined;
  const invocation = scan.text(Member.invocation) as InvocationId;
  const decided = type === 'policy.decided';
  if (decided && !scan.is(Member.verdict, Verdict.allow)) return undefined;
  const attempt = scan.count(Member.attempt);
  if (type === 'schedule.dispatched' && attempt === undefined) return undefined;
  const holds = type === 'budget.reserved' ? scan.json(Member.holds) : undefined;
  if (type === 'budget.reserved' && holds === undefined) return undefined;
  const glimpse = newGlimpse(type, invocation);
  glimpse.attempt = attempt;
  glimpse.holds = holds;
  if (decided) {
    glimpse.agent = scan.text(Member.agent) as AgentId;
    glimpse.tool = scan.text(Member.tool);
    glimpse.project = scan.text(Member.project);
    glimpse.campaign = scan.text(Member.campaign);
    glimpse.verdict = Verdict.allow;
    glimpse.argsDigest = scan.text(Member.argsDigest) as Digest;
  } else glimpse.executor = scan.text(Member.executor) as ExecutorId;
  return glimpse;
}

/** An executor's word is checked (as its schema does), not trusted; what is not plainly right is left to the schema. */
function completion(scan: EventScan): Glimpse | undefined {
  if (!scan.is(Member.type, 'execution.completed') || !isEnvelope(scan)) return undefined;
  if (
    !scan.openData() ||
    !scan.familiar ||
    scan.has(Member.error) ||
    scan.has(Member.outputRef) ||
    scan.has(Member.holds)
  )
    return undefined;
  const outcome = RUN_OUTCOMES.find((one) => scan.is(Member.outcome, one));
  const used = scan.json(Member.usage) ?? '';
  const output = scan.has(Member.output) ? parsed(scan.json(Member.output)) : undefined;
  const plain =
    outcome !== undefined &&
    scan.isName(Member.invocation) &&
    scan.isName(Member.agent) &&
    scan.isName(Member.executor) &&
    scan.isName(Member.session) &&
    (scan.count(Member.attempt) ?? 0) > 0 &&
    scan.isDigest(Member.argsDigest) &&
    (!scan.has(Member.outputDigest) || scan.isDigest(Member.outputDigest)) &&
    scan.count(Member.startedAtMs) !== undefined &&
    scan.count(Member.endedAtMs) !== undefined &&
    USAGE.test(used) &&
    (!scan.has(Member.output) || output !== undefined);
  if (!plain) return undefined;
  const glimpse = newGlimpse('execution.completed', scan.text(Member.invocation) as InvocationId);
  glimpse.outcome = outcome;
  glimpse.used = used;
  glimpse.text = [output];
  return glimpse;
}

function isEnvelope(scan: EventScan): boolean {
  return (
    scan.is(Member.specversion, '1.0') &&
    scan.isPlain(Member.id) &&
    scan.isPlain(Member.source) &&
    (!scan.has(Member.time) || scan.isPlain(Member.time))
  );
}

/** The value of JSON text; undefined when it is none. */
function parsed(text = ''): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
