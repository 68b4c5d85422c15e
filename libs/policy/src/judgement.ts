/**
 * The rules over one call: what they see of it, which of them match, what follows, and for a denial the smallest change
 * that would pass. Texts about values are only made for what is recorded or told.
 */
import { Verdict } from '@writ/contracts';
import type { Instant } from '@writ/contracts';
import type { Bindings } from '@writ/expressions';
import type { Bundle } from './bundle.ts';
import type { Match } from './compiled-rule.ts';
import type { Ceiling } from './ceiling.ts';
import type { AskedCall } from './asked-call.ts';
import { budgetView } from './memory/budget-view.ts';
import { historyView } from './memory/history.ts';
import { exceeded } from './memory/limits-in-force.ts';
import type { Memory } from './memory/memory.ts';
import { because, recordedRules, toldGroups } from './recorded-rules.ts';
import type { RecordedRule, Why } from './recorded-rules.ts';
import type { RegisteredTool } from './registered-tool.ts';
import { smallestChange } from './remedy.ts';
import { rule } from './verdict.ts';
import type { Ruling } from './verdict.ts';

/** A call before the rules in force. */
export interface Hearing {
  readonly memory: Memory;
  readonly bundle: Bundle;
  readonly tool: RegisteredTool;
  readonly call: AskedCall;
  readonly now: Instant;
}

export interface Judgement {
  readonly ruling: Ruling;
  readonly rules: RecordedRule[];
  /** Groups that are told. */
  readonly notify: string[];
}

export function judgeByRules(hearing: Hearing, ceiling: Ceiling): Judgement {
  const bindings = bindingsOf(hearing, ceiling);
  const matches = hearing.bundle.matches(hearing.tool, bindings);
  const why = explaining(bindings);
  const ruling = withRemedy(hearing, rulingOver(hearing, matches, bindings, why), matches, bindings);
  return { ruling, rules: recordedRules(matches, why), notify: toldGroups(matches) };
}

/** What the rules see of a call. */
export function bindingsOf(
  { memory, bundle, tool, call, now }: Hearing,
  ceiling: Pick<Ceiling, 'cost' | 'price'>,
): Bindings {
  return bundle.bindings({
    tool: tool.bindings(ceiling),
    args: call.inputs,
    agent: { name: call.agent },
    request: call.request,
    time: now,
    budget: bundle.reads.budget ? budgetView(memory, call, now) : undefined,
    history: memory.history ? historyView(memory.history, call, now) : undefined,
  });
}

function rulingOver(
  { memory, tool, call, now }: Hearing,
  matches: readonly Match[],
  { request }: Bindings,
  why: Why,
): Ruling {
  const counted = { agent: call.agent, tool: call.tool, project: call.request.project };
  return rule(matches, tool, {
    justification: request.justification,
    exceeded: (limiting) => exceeded(memory.limits, limiting, counted, now),
    why,
  });
}

function withRemedy(hearing: Hearing, ruling: Ruling, matches: readonly Match[], bindings: Bindings): Ruling {
  if (ruling.verdict !== Verdict.deny || ruling.denial.remedy !== undefined) return ruling;
  const { tool, bundle } = hearing;
  const remedy = smallestChange(matches, bindings, (changed) => {
    const seen = changed.args === bindings.args ? changed : withArguments(tool, changed);
    if (!seen) return false;
    return rulingOver(hearing, bundle.matches(tool, seen), seen, UNEXPLAINED).verdict !== Verdict.deny;
  });
  return remedy === undefined ? ruling : { ...ruling, denial: { ...ruling.denial, remedy } };
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

/** Each text is made once, because a denial and the record both show it. */
function explaining(bindings: Bindings): Why {
  const texts = new Map<Match, string | undefined>();
  return (match) => {
    if (!texts.has(match)) texts.set(match, because(match, bindings));
    return texts.get(match);
  };
}

const UNEXPLAINED: Why = () => undefined;
