/**
 * The decision over one call against the catalog in force. Order: is the tool known, do the inputs fit it,
 * are there rules at all, what may it cost, what do the rules say. The first "no" is the answer. Pure: the
 * same call under the same catalog is always decided the same way.
 */
import { DenialClass, Verdict, digestOf, messageOf, nearestName } from '@writ/contracts';
import type { Denial, Instant, PolicyDecided } from '@writ/contracts';
import { mergeTerms } from './approval-terms.ts';
import type { Bundle } from './bundle.ts';
import type { Catalog } from './catalog.ts';
import type { Ceiling } from './ceiling.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { AskedCall } from './living-call.ts';
import type { RegisteredTool } from './registered-tool.ts';
import { recordedRules, rule } from './verdict.ts';

export type Decision =
  | { readonly decided: PolicyDecided; readonly invalid?: never }
  | { readonly invalid: string; readonly decided?: never };

/** Stands for the rules of a tenant that has published none. */
const NO_BUNDLE = digestOf([]);

export function decide(catalog: Catalog, call: AskedCall, now: Instant): Decision {
  const tool = catalog.tools.get(call.tool);
  if (!tool) return denied(catalog, call, unregistered(catalog, call.tool));
  let wrong: string | undefined;
  try {
    wrong = tool.inputs(call.inputs);
  } catch (error) {
    return denied(catalog, call, brokenTool(call, error));
  }
  if (wrong !== undefined) return { invalid: wrong };
  if (!catalog.bundle || catalog.bundle.policies.length === 0) return denied(catalog, call, NO_POLICIES);
  let ceiling: Ceiling;
  try {
    ceiling = tool.cost(call.inputs);
  } catch (error) {
    return denied(catalog, call, noEstimate(call, error));
  }
  return byRules(catalog, catalog.bundle, tool, call, ceiling, now);
}

function byRules(
  catalog: Catalog,
  bundle: Bundle,
  tool: RegisteredTool,
  call: AskedCall,
  ceiling: Ceiling,
  now: Instant,
): Decision {
  const matches = bundle.matches(tool, {
    tool: tool.bindings(ceiling),
    args: call.inputs,
    agent: { name: call.agent },
    request: call.request,
  });
  const ruling = rule(matches, tool);
  const decided = {
    ...outline(catalog, call),
    verdict: ruling.verdict,
    ceiling: ceiling.amounts,
    rules: recordedRules(matches),
  };
  if (ruling.verdict === Verdict.allow) return { decided };
  if (ruling.verdict === Verdict.deny) return { decided: { ...decided, denial: ruling.denial } };
  return { decided: { ...decided, approval: mergeTerms(ruling.asking, now) } };
}

function denied(catalog: Catalog, call: AskedCall, denial: Denial): Decision {
  return { decided: { ...outline(catalog, call), verdict: Verdict.deny, ceiling: {}, rules: [], denial } };
}

function outline(catalog: Catalog, { invocation, agent, tool, argsDigest, request }: AskedCall) {
  const { project, campaign } = request;
  return {
    invocation,
    agent,
    tool,
    argsDigest,
    project,
    ...(campaign === undefined ? {} : { campaign }),
    bundle: catalog.bundle?.digest ?? NO_BUNDLE,
    catalogRevision: catalog.revision,
  };
}

const NO_POLICIES: Denial = {
  class: DenialClass.transient,
  rule: 'writ:no-policies',
  reason: 'no policies are published for this tenant, so nothing may run',
  remedy: 'publish policies with `writ apply`',
};

function unregistered(catalog: Catalog, name: string): Denial {
  const meant = nearestName(name, catalog.tools.keys());
  return {
    class: DenialClass.structural,
    rule: 'writ:unregistered-tool',
    reason: `tool "${name}" is not registered${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    ...(meant === undefined ? {} : { remedy: `ask for "${meant}"` }),
  };
}

function brokenTool({ tool }: AskedCall, error: unknown): Denial {
  return {
    class: DenialClass.structural,
    rule: 'writ:broken-tool',
    reason: shorten(`the input schema of tool "${tool}" cannot be used: ${messageOf(error)}`),
    remedy: 'register the tool with a valid JSON Schema',
  };
}

function noEstimate({ tool }: AskedCall, error: unknown): Denial {
  return {
    class: DenialClass.structural,
    rule: 'writ:no-estimate',
    reason: shorten(`tool "${tool}" has no estimate for this call: ${messageOf(error)}`),
  };
}

function shorten(text: string): string {
  return text.slice(0, MAX_REASON_LENGTH);
}
