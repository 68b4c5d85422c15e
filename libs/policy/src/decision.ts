/**
 * The decision over one call against the catalog in force. Order: is the tool known, do the inputs fit it, are there
 * rules at all, what may it cost, what do the rules say. The first "no" is the answer. Pure: the same call under the
 * same catalog and memory is always decided the same way.
 */
import { DenialClass, Verdict, digestOf, messageOf, nearestName } from '@writ/contracts';
import type { Denial, Instant, PolicyDecided, PolicyRule } from '@writ/contracts';
import type { Bindings } from '@writ/expressions';
import { mergeTerms } from './approval-terms.ts';
import type { Bundle, Match } from './bundle.ts';
import type { Catalog } from './catalog.ts';
import type { Ceiling } from './ceiling.ts';
import { MAX_REASON_LENGTH } from './limits.ts';
import type { AskedCall } from './living-call.ts';
import { budgetView } from './memory/budget-view.ts';
import { historyView } from './memory/history.ts';
import { exceeded } from './memory/limits-in-force.ts';
import type { Memory } from './memory/memory.ts';
import { timesDenied } from './memory/repeated-denials.ts';
import { because, recordedRules, toldGroups } from './recorded-rules.ts';
import type { RegisteredTool } from './registered-tool.ts';
import { smallestChange } from './remedy.ts';
import { withRepeats } from './repeats.ts';
import { rule } from './verdict.ts';
import type { Asked, Ruling } from './verdict.ts';

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

/** What the rules see of a call. */
export function bindingsOf(
  { memory }: Ground,
  bundle: Bundle,
  tool: RegisteredTool,
  call: AskedCall,
  ceiling: Pick<Ceiling, 'cost' | 'price'>,
  now: Instant,
): Bindings {
  const { project, campaign } = call.request;
  return bundle.bindings({
    tool: tool.bindings(ceiling),
    args: call.inputs,
    agent: { name: call.agent },
    request: call.request,
    time: now,
    budget: bundle.reads.budget ? budgetView(memory.budget, project, campaign) : undefined,
    history: memory.history ? historyView(memory.history, call, now) : undefined,
  });
}

function byRules(
  ground: Ground,
  bundle: Bundle,
  tool: RegisteredTool,
  call: AskedCall,
  ceiling: Ceiling,
  now: Instant,
): Decision {
  const bindings = bindingsOf(ground, bundle, tool, call, ceiling, now);
  const matches = bundle.matches(tool, bindings);
  const judge = (against: readonly Match[], seen: Bindings): Ruling =>
    rule(against, tool, requirements(ground.memory, call, seen, now));
  const ruling = judge(matches, bindings);
  const notify = toldGroups(matches);
  const decided = {
    ...outline(ground.catalog, call),
    verdict: ruling.verdict,
    ceiling: ceiling.amounts,
    rules: recordedRules(matches, bindings),
    ...(notify.length === 0 ? {} : { notify }),
  };
  if (ruling.verdict === Verdict.allow) return { decided };
  if (ruling.verdict === Verdict.requireApproval)
    return { decided: { ...decided, approval: mergeTerms(ruling.asking, now) } };
  const passes = (changed: Bindings): boolean => {
    const seen = changed.args === bindings.args ? changed : withArguments(tool, changed);
    return seen !== undefined && judge(bundle.matches(tool, seen), seen).verdict !== Verdict.deny;
  };
  const remedy = ruling.denial.remedy ?? smallestChange(matches, bindings, passes);
  const denial = remedy === undefined ? ruling.denial : { ...ruling.denial, remedy };
  return { decided: { ...decided, denial: withRepeats(denial, timesDenied(ground.memory.denials, call)) } };
}

/** The call with other arguments and what it would cost then; nothing when the tool would not take them. */
function withArguments(tool: RegisteredTool, changed: Bindings): Bindings | undefined {
  const args = changed.args as AskedCall['inputs'];
  try {
    return tool.inputs(args) === undefined ? { ...changed, tool: tool.bindings(tool.cost(args)) } : undefined;
  } catch {
    return undefined;
  }
}

function requirements({ limits }: Memory, call: AskedCall, bindings: Bindings, now: Instant): Asked {
  const counted = { agent: call.agent, tool: call.tool, project: call.request.project };
  return {
    justification: bindings.request.justification,
    exceeded: (limiting: PolicyRule) => exceeded(limits, limiting, counted, now),
    because: (match) => because(match, bindings),
  };
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
