/** What the service reads out of the state: the catalog in force and the approvals that wait for people. */
import type {
  AgentId,
  Amounts,
  ApprovalTerms,
  Digest,
  InvocationId,
  JsonObject,
  TenantId,
  ToolName,
} from '@writ/contracts';
import { askingPolicies } from './approvals.ts';
import type { OpenCall } from './living-call.ts';
import type { PolicyState } from './state.ts';

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
  readonly inputs: JsonObject;
  readonly argsDigest: Digest;
  readonly ceiling: Amounts;
  readonly policies: readonly string[];
  readonly terms: ApprovalTerms;
  readonly votes: readonly { readonly by: string; readonly vote: 'approve' }[];
  readonly justification?: string;
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

/** Oldest first. */
export function openApprovals(state: PolicyState, tenant: TenantId): OpenApproval[] {
  const calls = [...(state.tenants.get(tenant)?.calls.values() ?? [])];
  return calls.filter((call): call is OpenCall => call.status === 'open').map(approvalOf);
}

function approvalOf({ call, decision, votes }: OpenCall): OpenApproval {
  const { invocation, agent, tool, inputs, argsDigest, request } = call;
  return {
    invocation,
    agent,
    tool,
    inputs,
    argsDigest,
    ceiling: decision.ceiling,
    policies: askingPolicies(decision),
    terms: decision.approval,
    votes: votes.map((by) => ({ by, vote: 'approve' })),
    ...(request.justification === undefined ? {} : { justification: request.justification }),
  };
}
