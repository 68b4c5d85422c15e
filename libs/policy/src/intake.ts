/**
 * What comes in from agents, before anything is decided about it. An invocation id stands for one call for
 * good: the same request again is no news, the same id for anything else is rejected, and so one id never has
 * two ends. That holds for ids whose first message was rejected, too.
 */
import { digestOf, fingerprint, messageOf } from '@writ/contracts';
import type { AgentId, Digest, Fingerprint, InvocationId, RecordedFact, ToolCall } from '@writ/contracts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { AskedCall } from './asked-call.ts';
import { requestContext } from './request-context.ts';
import type { RequestContext } from './request-context.ts';
import { owe, put, tenantOf } from './state.ts';
import type { PolicyState, Rejection, Tenant } from './state.ts';

export function takeRequest(state: PolicyState, fact: RecordedFact<'tool.requested'>): void {
  const tenant = tenantOf(state, fact.tenant);
  const request = requestContext(fact.data);
  for (const call of fact.data.calls) takeCall(state, tenant, fact, call, request);
}

/** A message that is no request: answered, and if it names an id that is new, that id has ended here. */
export function takeMalformed(state: PolicyState, fact: RecordedFact<'request.malformed'>): void {
  const tenant = tenantOf(state, fact.tenant);
  const { event, reason, detail } = fact.data;
  const named = fact.data.invocation as InvocationId | undefined;
  const isNew = named !== undefined && fingerprintOf(tenant, named) === undefined;
  if (isNew) tenant.seen.remember(named, fingerprint('malformed', fact.origin), fact.at);
  owe(state, tenant, {
    agent: fact.origin as AgentId,
    ...(isNew ? { invocation: named } : {}),
    ...(event === undefined ? {} : { event }),
    reason,
    detail: named === undefined || isNew ? detail : `${detail}\n(the call "${named}" is not affected)`,
  });
}

function takeCall(
  state: PolicyState,
  tenant: Tenant,
  fact: RecordedFact<'tool.requested'>,
  { invocation, tool, inputs, argsDigest: claimed }: ToolCall,
  request: RequestContext,
): void {
  const agent = fact.origin as AgentId;
  const actual = digestOrReason(inputs);
  const rejection = typeof actual === 'string' ? mismatch(claimed, actual) : actual;
  const asked = { agent, tool, argsDigest: rejection ? (claimed ?? 'none') : (actual as Digest) };
  const asking = fingerprintFor(asked, rejection?.reason);
  const first = fingerprintOf(tenant, invocation);
  if (first !== undefined) {
    if (first !== asking) owe(state, tenant, { agent, invocation, ...DUPLICATE });
    return;
  }
  tenant.seen.remember(invocation, asking, fact.at);
  if (rejection) {
    owe(state, tenant, { agent, invocation, ...rejection });
    return;
  }
  const call: AskedCall = { invocation, agent, tool, inputs, argsDigest: actual as Digest, request };
  const asOf = tenant.memory.stated?.moved;
  put(state, tenant, { status: 'undecided', call, ...(asOf === undefined ? {} : { asOf }) });
}

type Reason = Pick<Rejection, 'reason' | 'detail'>;

const DUPLICATE: Reason = {
  reason: 'duplicate-id',
  detail:
    'this invocation id was used before, for another agent, tool or inputs. The earlier call is not affected by this ' +
    'rejection: what became of it stands in its own facts. Ask again under a new invocation id.',
};

/**
 * The digest of the inputs; or why there is none, for what JSON.parse lets through but no canonical form has.
 */
function digestOrReason(inputs: ToolCall['inputs']): Digest | Reason {
  try {
    return digestOf(inputs);
  } catch (error) {
    const why = messageOf(error).slice(0, MAX_REASON_LENGTH);
    return { reason: 'invalid-inputs', detail: `the inputs have no canonical JSON form (RFC 8785): ${why}` };
  }
}

function mismatch(claimed: Digest | undefined, actual: Digest): Reason | undefined {
  if (claimed === undefined || claimed === actual) return undefined;
  return {
    reason: 'digest-mismatch',
    detail: `argsDigest is ${claimed}, but the inputs have ${actual} (SHA-256 of their canonical JSON, RFC 8785)`,
  };
}

/** A call that waits for people may outlive the memory of its id, so it is asked first. */
function fingerprintOf(tenant: Tenant, invocation: InvocationId): Fingerprint | undefined {
  const living = tenant.calls.get(invocation);
  return living ? fingerprintFor(living.call) : tenant.seen.fingerprintOf(invocation);
}

/** Hexadecimal digits of a digest that go into a fingerprint: 64 bits. */
const DIGEST_DIGITS = 16;
const HEX_FROM = 'sha256:'.length;

function fingerprintFor(
  { agent, tool, argsDigest }: { readonly agent: string; readonly tool: string; readonly argsDigest: string },
  rejected = 'asked',
): Fingerprint {
  return fingerprint(argsDigest.slice(HEX_FROM, HEX_FROM + DIGEST_DIGITS), tool, agent, rejected);
}
