/** What the service reads out of the state: the catalog in force and the approvals that wait for people. */
import type {
  AgentId,
  Amounts,
  ApprovalTerms,
  Digest,
  Instant,
  InvocationId,
  JsonObject,
  PolicyDecided,
  TenantId,
  ToolName,
} from '@writ/contracts';
import { askedBy, demandsOf, membersOf, nextStageMs } from './approval-terms.ts';
import { askingPolicies, causesOf } from './approvals.ts';
import { entitledVotes } from './ballots.ts';
import type { Delegation } from './delegations.ts';
import type { Requester } from './past-approvals.ts';
import type { HeldMoney, OpenCall } from './living-call.ts';
import { REDACTED, redact } from './redaction.ts';
import type { StandingGrant } from './standing-grants.ts';
import { waitsForBalances } from './state.ts';
import type { PolicyState, Tenant } from './state.ts';
import type { CastVote } from './tally.ts';

/** The catalog as an agent or operator may see it. */
export interface CatalogView {
  readonly policies: readonly string[];
  readonly tools: readonly {
    readonly name: ToolName;
    readonly version: string;
    readonly description: string;
  }[];
  /** Absent until policies are published: nothing is allowed then. */
  readonly bundle?: Digest;
  /** Ledger sequence of the last catalog commit; 0 without one. */
  readonly revision: number;
}

/** What a person needs to decide. */
export interface OpenApproval {
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly project: string;
  readonly campaign?: string;
  /** Without what the tool's schema calls secret. */
  readonly inputs: JsonObject;
  readonly argsDigest: Digest;
  readonly ceiling: Amounts;
  readonly policies: readonly string[];
  /** The rules that asked, with the values that made them match. */
  readonly rules: PolicyDecided['rules'];
  readonly bundle: Digest;
  readonly causes: readonly ('policy' | 'budget')[];
  readonly over?: HeldMoney['over'];
  readonly terms: ApprovalTerms;
  /** The groups that are asked now, later stages included once they have come; empty: anyone. */
  readonly asked: readonly string[];
  /** Persons who are asked now and have not voted; only where groups are named. */
  readonly waitingFor: readonly string[];
  /** Whose yes or no would not count: the requester and its owner. */
  readonly barred: readonly string[];
  /** Who may grant alone, in an emergency. */
  readonly mayBreakGlass: readonly string[];
  /** When the next stage comes. */
  readonly escalatesAtMs?: Instant;
  readonly votes: readonly CastVote[];
  /** What came of the agent's earlier approvals. */
  readonly history: Requester;
  readonly justification?: string;
}

/** What people gave ahead of time and is in force at `now`. */
export interface GivenAhead {
  readonly standing: readonly StandingGrant[];
  readonly delegations: readonly Delegation[];
}

export function catalogView(state: PolicyState, tenant: TenantId): CatalogView {
  const catalog = state.tenants.get(tenant)?.catalog;
  if (!catalog) return { policies: [], tools: [], revision: 0 };
  const { bundle, revision } = catalog;
  const tools = [...catalog.tools.values()].map(({ spec: { name, version, description } }) => ({
    name,
    version,
    description,
  }));
  if (!bundle) return { policies: [], tools, revision };
  return { policies: bundle.policies.map(({ name }) => name), tools, bundle: bundle.digest, revision };
}

/**
 * Why the service is not ready: no tenant that has published anything has policies, so nothing at all could be allowed. A
 * cell that is still empty is ready to be given a catalog; one tenant without policies does not hold up the others.
 */
export function unready(state: PolicyState): string | undefined {
  const catalogs = Array.from(state.tenants.values(), ({ catalog }) => catalog).filter(
    ({ revision }) => revision > 0,
  );
  const governed = catalogs.some(({ bundle }) => bundle !== undefined && bundle.policies.length > 0);
  if (catalogs.length === 0 || governed) return undefined;
  return 'no policies are published, so every call is denied: publish some with `writ apply -f <folder>`';
}

/** How many calls wait until the budget has stated balances, for each tenant whose rules read them. */
export function waitingForBalances(
  state: PolicyState,
): { readonly tenant: TenantId; readonly calls: number }[] {
  return [...state.tenants.values()]
    .filter(({ memory }) => memory.stated !== undefined)
    .map((tenant) => ({ tenant: tenant.id, calls: waitsForBalances(tenant) ? tenant.owed.size : 0 }));
}

/** Oldest first. */
export function openApprovals(state: PolicyState, id: TenantId, now: Instant): OpenApproval[] {
  const tenant = state.tenants.get(id);
  if (!tenant) return [];
  const calls = [...tenant.calls.values()];
  return calls
    .filter((call): call is OpenCall => call.status === 'open')
    .map((call) => approvalOf(tenant, call, now));
}

export function givenAhead(state: PolicyState, id: TenantId, now: Instant): GivenAhead {
  const tenant = state.tenants.get(id);
  if (!tenant) return { standing: [], delegations: [] };
  return { standing: tenant.standing.inForce(now), delegations: tenant.delegations.inForce(now) };
}

function approvalOf(tenant: Tenant, open: OpenCall, now: Instant): OpenApproval {
  const { call, decision, money, reachedMs } = open;
  const { invocation, agent, tool, inputs, argsDigest, request } = call;
  const { approval: terms, bundle, ceiling } = decision;
  const { catalog } = tenant;
  const policies = askingPolicies(decision);
  const asked = [
    ...new Set(demandsOf(terms).flatMap((demand) => askedBy(demand, terms, reachedMs).approvers)),
  ].sort();
  const votes = entitledVotes(tenant, open, now);
  const barred = [
    agent as string,
    ...(Object.hasOwn(catalog.owners, agent) ? [catalog.owners[agent] ?? ''] : []),
  ];
  const heard = new Set([...barred, ...votes.map(({ by, inNameOf = by }) => inNameOf)]);
  const people = new Set(asked.flatMap((group) => membersOf(catalog.groups, group)));
  const escalatesAtMs = nextStageMs(terms, reachedMs);
  const registered = catalog.tools.get(tool);
  return {
    invocation,
    agent,
    tool,
    project: request.project,
    ...(request.campaign === undefined ? {} : { campaign: request.campaign }),
    // Of a tool that is gone nobody knows any more what is secret.
    inputs: registered ? redact(inputs, registered.spec.inputs) : { [REDACTED]: true },
    argsDigest,
    ceiling,
    policies,
    rules: decision.rules.filter((rule) => policies.includes(rule.policy)),
    bundle,
    causes: money.over ? causesOf(policies) : ['policy'],
    ...(money.over ? { over: money.over } : {}),
    terms,
    asked,
    waitingFor: [...people].filter((person) => !heard.has(person)).sort(),
    barred,
    mayBreakGlass: glassBreakers(tenant, open).filter((person) => !barred.includes(person)),
    ...(escalatesAtMs === undefined ? {} : { escalatesAtMs }),
    votes,
    history: tenant.past.of(agent),
    ...(request.justification === undefined ? {} : { justification: request.justification }),
  };
}

/** Whom every demand names for emergencies. */
function glassBreakers({ catalog }: Tenant, { decision }: OpenCall): string[] {
  const [first = [], ...others] = demandsOf(decision.approval).map(({ breakGlass = [] }) =>
    breakGlass.flatMap((group) => membersOf(catalog.groups, group)),
  );
  return [...new Set(first)].filter((person) => others.every((named) => named.includes(person))).sort();
}
