/**
 * What agents and people ask of the gate. A run id stands for one run for good, an attempt for one submission: the same
 * message again is no news, so that whoever did not hear the answer may send it again.
 */
import { digestOfBytes, fingerprint } from '@writ/contracts';
import type { AgentId, Digest, RecordedFact } from '@writ/contracts';
import { tenantOf } from './state.ts';
import type { GateState } from './state.ts';

/** Most submissions of one attempt that are remembered; only one is ever judged as the attempt's own. */
const MAX_REMEMBERED = 64;

export function takeRun(state: GateState, fact: RecordedFact<'run.requested'>): void {
  const { tenant: id, data, at } = fact;
  const agent = fact.origin as AgentId;
  const tenant = tenantOf(state, id);
  const asking = fingerprint(digestIn({ agent, data }));
  const known = tenant.seen.fingerprintOf(data.run);
  if (known === asking) return;
  // A run may outlive the memory of its id.
  const isTaken = known !== undefined || tenant.runs.has(data.run);
  if (!isTaken) tenant.seen.remember(data.run, asking, at);
  state.owed.push({ kind: 'run', tenant: id, agent, data, isTaken });
}

export function takeSubmission(state: GateState, fact: RecordedFact<'node.submitted'>): void {
  const { tenant, data, seq, at } = fact;
  const node = state.tenants.get(tenant)?.runs.get(data.run)?.nodes.get(data.node);
  if (node) {
    const submission = digestIn(data);
    if (node.submitted.includes(submission)) return;
    const isAwaited = node.status === 'open' && node.attempt === data.attempt;
    if (isAwaited && node.submitted.length < MAX_REMEMBERED * node.attempt) node.submitted.push(submission);
  }
  state.owed.push({ kind: 'submission', tenant, agent: fact.origin as AgentId, seq, atMs: at, data });
}

/** Only its own agent ends a run. */
export function takeCancel(state: GateState, fact: RecordedFact<'run.cancel-requested'>): void {
  const run = state.tenants.get(fact.tenant)?.runs.get(fact.data.run);
  if (run?.agent !== fact.origin) return;
  const reason = fact.data.reason ?? 'cancelled by its agent';
  state.owed.push({ kind: 'cancel', tenant: fact.tenant, run: run.id, reason });
}

/** The agent that runs the node has no say in it. */
export function takeRuling(state: GateState, fact: RecordedFact<'node.ruled'>): void {
  const run = state.tenants.get(fact.tenant)?.runs.get(fact.data.run);
  if (!run || run.agent === fact.origin || run.nodes.get(fact.data.node)?.status !== 'person') return;
  state.owed.push({ kind: 'ruling', tenant: fact.tenant, by: fact.origin, data: fact.data });
}

/** Of what was sent, as it was sent: a message that is sent again has the same text. */
function digestIn(value: unknown): Digest {
  return digestOfBytes(JSON.stringify(value));
}
