/**
 * Policy and gate as one decider, because both write the decisions subject, which has one writer. They take turns when
 * both owe answers, so that neither's backlog stops the other. A call that belongs to no workflow costs the gate one look
 * at its type; the others' facts are not even parsed for the gate while no run waits for a call.
 */
import { EVENTS_BY_KIND, SubjectKind } from '@writ/contracts';
import type { Decider, Fact, Instant, Json, RecordedFact } from '@writ/contracts';
import { isKnownCall, policy } from '@writ/policy';
import type { PolicyState } from '@writ/policy';
import { gate } from '@writ/workflow';
import type { GateState } from '@writ/workflow';

export interface GatedState {
  policy: PolicyState;
  gate: GateState;
  /** Whose turn it is to answer, when both owe one. */
  isGatesTurn: boolean;
}

/** Leaves room for both versions in one number. */
const VERSION_STEP = 1_000;

const GATE_FACTS: ReadonlySet<string> = new Set([
  'run.opened',
  'run.refused',
  'run.completed',
  'contract.accepted',
  'contract.rejected',
  'node.reopened',
]);

/** What other services and executors write, by type, with the kind of its subject. */
const SERVICE_FACTS: ReadonlyMap<string, SubjectKind> = new Map(
  [SubjectKind.budget, SubjectKind.schedule, SubjectKind.executions, SubjectKind.flows].flatMap((kind) =>
    [...EVENTS_BY_KIND[kind]].map((type) => [type, kind] as const),
  ),
);

export const gatedPolicy: Decider<GatedState> = {
  name: policy.name,
  version: policy.version * VERSION_STEP + gate.version,
  writes: policy.writes,
  reads: new Set([...policy.reads, ...gate.reads]),
  // Of what becomes of calls, the gate folds nothing that policy does not.
  folds: new Set([...policy.folds, 'flow.released', 'flow.ended']),
  wants,
  initial: () => ({ policy: policy.initial(), gate: gate.initial(), isGatesTurn: false }),
  evolve,
  react,
  snapshot: (state) => ({
    policy: policy.snapshot(state.policy),
    gate: gate.snapshot(state.gate),
    isGatesTurn: state.isGatesTurn,
  }),
  restore,
};

function wants(state: GatedState, kind: SubjectKind): boolean {
  const policyWants = policy.reads.has(kind) && policy.wants?.(state.policy, kind) !== false;
  return policyWants || gate.wants(state.gate, kind);
}

function evolve(state: GatedState, fact: RecordedFact): GatedState {
  // Only own facts have no sequence yet.
  if (fact.seq === 0) state.isGatesTurn = !GATE_FACTS.has(fact.type);
  const news =
    fact.type === 'tool.requested' && fact.data.flow ? withoutKnownCalls(state.policy, fact) : fact;
  if (isForPolicy(state.policy, fact)) state.policy = policy.evolve(state.policy, fact);
  state.gate = gate.evolve(state.gate, news);
  return state;
}

function react(state: GatedState, now: Instant, offer: undefined): readonly Fact[] {
  if (state.isGatesTurn) {
    const answer = gate.react(state.gate, now, offer);
    return answer.length > 0 ? answer : policy.react(state.policy, now, offer);
  }
  const answer = policy.react(state.policy, now, offer);
  return answer.length > 0 ? answer : gate.react(state.gate, now, offer);
}

/** What only the gate wanted is not policy's to fold. */
function isForPolicy(state: PolicyState, { type, seq }: RecordedFact): boolean {
  if (seq === 0) return true;
  const kind = SERVICE_FACTS.get(type);
  return kind === undefined || (policy.reads.has(kind) && policy.wants?.(state, kind) !== false);
}

/** A call that ran before cannot be made part of an attempt by asking for it once more. */
function withoutKnownCalls(
  state: PolicyState,
  fact: RecordedFact<'tool.requested'>,
): RecordedFact<'tool.requested'> {
  const calls = fact.data.calls.filter(({ invocation }) => !isKnownCall(state, fact.tenant, invocation));
  return { ...fact, data: { ...fact.data, calls } };
}

function restore(json: Json): GatedState {
  const saved = json as unknown as { policy: Json; gate: Json; isGatesTurn: boolean };
  return {
    policy: policy.restore(saved.policy),
    gate: gate.restore(saved.gate),
    isGatesTurn: saved.isGatesTurn,
  };
}
