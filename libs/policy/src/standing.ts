/** What holds for every call, whatever its arguments: which ids are known, and which tools a rule denies for good. */
import { PolicyAction, PolicyMode, policyClass } from '@writ/contracts';
import type { InvocationId, JsonObject, TenantId } from '@writ/contracts';
import type { Bundle } from './bundle.ts';
import type { RegisteredTool } from './registered-tool.ts';
import type { PolicyState } from './state.ts';
import { fixedOutcome } from './tool-rules.ts';

/** Whether an invocation id was used before; asked before the request that uses it is folded. */
export function isKnownCall(state: PolicyState, tenant: TenantId, invocation: InvocationId): boolean {
  const place = state.tenants.get(tenant);
  return place !== undefined && (place.calls.has(invocation) || place.seen.has(invocation));
}

/** Tools whose every call is denied by a rule that looks at nothing but the tool and the environment, with the reason. */
export function standingDenials(state: PolicyState, tenant: TenantId): ReadonlyMap<string, string> {
  const denied = new Map<string, string>();
  const catalog = state.tenants.get(tenant)?.catalog;
  for (const [name, tool] of catalog?.tools ?? []) {
    const why = catalog && standingDenial(catalog.bundle, tool);
    if (why !== undefined) denied.set(name, why);
  }
  return denied;
}

function standingDenial(bundle: Bundle | undefined, tool: RegisteredTool): string | undefined {
  if (!bundle || bundle.policies.length === 0) return 'no policies are published, so nothing may run';
  const bindings = bundle.bindings({
    tool: tool.bindings({ cost: 0n, price: 0n }),
    args: {},
    agent: { name: '' },
    request: { project: '', priority: 'normal' },
  });
  const denying = bundle.rules
    .filter(({ rule: { action, mode } }) => action === PolicyAction.deny && mode === PolicyMode.enforce)
    .find((compiled) => fixedOutcome(compiled, bindings));
  return denying && `policy "${denying.rule.name}" (the tool is ${policyClass(tool.spec)})`;
}

/** The schemas of the arguments of all tools that declare one. */
export function toolInputs(state: PolicyState, tenant: TenantId): ReadonlyMap<string, JsonObject> {
  const tools = [...(state.tenants.get(tenant)?.catalog.tools.values() ?? [])];
  return new Map(tools.flatMap(({ spec: { name, inputs } }) => (inputs ? [[name, inputs] as const] : [])));
}
