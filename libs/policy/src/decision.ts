/**
 * The decision over one call against the catalog in force. Order: is the tool known, do the inputs fit it, are there
 * rules at all, what may it cost, what do the rules say. The first "no" is the answer. Pure: the same call under the
 * same catalog and memory is always decided the same way.
 */
import { DenialClass, Verdict, digestOf, messageOf, nearestName } from '@writ/contracts';
import type { Denial, Instant, PolicyDecided } from '@writ/contracts';
import { mergeTerms } from './approval-terms.ts';
import type { Bundle } from './bundle.ts';
import type { Catalog } from './catalog.ts';
import type { Ceiling } from './ceiling.ts';
import { judgeByRules } from './judgement.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { AskedCall } from './asked-call.ts';
import type { Memory } from './memory/memory.ts';
import { timesDenied } from './memory/repeated-denials.ts';
import type { RegisteredTool } from './registered-tool.ts';
import { withRepeats } from './repeats.ts';

export type Decision =
  | { readonly decided: PolicyDecided; readonly invalid?: never }
  | { readonly invalid: string; readonly decided?: never };

/** Where a call is decided: the catalog in force, and what is remembered of earlier calls. */
export interface Ground {
  readonly catalog: Catalog;
  readonly memory: Memory;
}

/** Stands for the rules of a tenant that has published none. */
const NO_BUNDLE = digestOf([]);

export function decide(ground: Ground, call: AskedCall, now: Instant): Decision {
  const { catalog } = ground;
  const tool = catalog.tools.get(call.tool);
  if (!tool) return denied(ground, call, unregistered(catalog, call.tool));
  let wrong: string | undefined;
  try {
    wrong = tool.inputs(call.inputs);
  } catch (error) {
    return denied(ground, call, brokenTool(call, error));
  }
  if (wrong !== undefined) return { invalid: wrong };
  if (!catalog.bundle || catalog.bundle.policies.length === 0) return denied(ground, call, NO_POLICIES);
  let ceiling: Ceiling;
  try {
    ceiling = tool.cost(call.inputs);
  } catch (error) {
    return denied(ground, call, noEstimate(call, error));
  }
  return byRules(ground, catalog.bundle, tool, call, ceiling, now);
}

function byRules(
  ground: Ground,
  bundle: Bundle,
  tool: RegisteredTool,
  call: AskedCall,
  ceiling: Ceiling,
  now: Instant,
): Decision {
  const { ruling, rules, notify } = judgeByRules({ memory: ground.memory, bundle, tool, call, now }, ceiling);
  const decided = {
    ...outline(ground.catalog, call),
    verdict: ruling.verdict,
    ceiling: ceiling.amounts,
    rules,
    ...(notify.length === 0 ? {} : { notify }),
    ...(call.request.justification === undefined ? {} : { justification: call.request.justification }),
  };
  if (ruling.verdict === Verdict.allow) return { decided };
  if (ruling.verdict === Verdict.requireApproval)
    return { decided: { ...decided, approval: mergeTerms(ruling.asking, now) } };
  const before = timesDenied(ground.memory.denials, call);
  return { decided: { ...decided, denial: withRepeats(ruling.denial, before) } };
}

function denied({ catalog, memory }: Ground, call: AskedCall, denial: Denial): Decision {
  const repeated = withRepeats(denial, timesDenied(memory.denials, call));
  return {
    decided: {
      ...outline(catalog, call),
      verdict: Verdict.deny,
      ceiling: {},
      rules: [],
      denial: repeated,
    },
  };
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
