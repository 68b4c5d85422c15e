/**
 * A catalog on trial: decides calls exactly as the service would under it, without a ledger. What `writ policy test`,
 * `explain` and `backtest` ask, and what benchmarks measure. Its memory is its own: what it decides is remembered when the
 * caller says so.
 */
import { digestOf } from '@writ/contracts';
import type {
  AgentId,
  BudgetSpec,
  EnvironmentSpec,
  Instant,
  InvocationId,
  JsonObject,
  PolicyDecided,
  PolicyRule,
  RecordedFact,
  ToolName,
  ToolSpec,
} from '@writ/contracts';
import type { Bindings, ExplainedPart } from '@writ/expressions';
import { explainTree } from '@writ/expressions';
import { Bundle } from './bundle.ts';
import { emptyCatalog } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { decide } from './decision.ts';
import type { Decision, Ground } from './decision.ts';
import { bindingsOf } from './judgement.ts';
import type { AskedCall } from './asked-call.ts';
import type { RequestContext } from './request-context.ts';
import { emptyMemory, noteBundle, noteDecided, noteNews } from './memory/memory.ts';
import type { News } from './memory/memory.ts';
import { statedFrom } from './memory/stated-balances.ts';
import { RegisteredTool } from './registered-tool.ts';

export interface TrialCatalog {
  readonly tools: Iterable<ToolSpec>;
  readonly policies: readonly PolicyRule[];
  readonly budgets?: Iterable<BudgetSpec>;
  readonly environment: EnvironmentSpec;
}

/** One rule over one call. */
export interface ExplainedRule {
  readonly rule: PolicyRule;
  /** `error`: whether it would have matched is unknown. */
  readonly outcome: 'matched' | 'not matched' | 'error';
  readonly tree: ExplainedPart;
}

type FoldedFact = RecordedFact<'policy.decided'> | News;

/** A call as an agent asks for it, with the digest of its inputs. */
export function askedCall(
  invocation: string,
  agent: string,
  tool: string,
  inputs: JsonObject,
  request: RequestContext,
): AskedCall {
  return {
    invocation: invocation as InvocationId,
    agent: agent as AgentId,
    tool: tool as ToolName,
    inputs,
    argsDigest: digestOf(inputs),
    request,
  };
}

export class Trial {
  readonly #ground: Ground;
  readonly #bundle: Bundle;

  constructor({ tools, policies, budgets = [], environment }: TrialCatalog) {
    this.#bundle = new Bundle(digestOf(policies), policies, environment);
    const catalog: Catalog = {
      ...emptyCatalog(),
      bundle: this.#bundle,
      tools: new Map(Array.from(tools, (spec) => [spec.name, new RegisteredTool(spec)])),
      environment,
    };
    this.#ground = { catalog, memory: emptyMemory() };
    noteBundle(this.#ground);
    for (const budget of budgets) {
      noteNews(this.#ground, {
        type: 'budget.defined',
        data: { budget },
      } as RecordedFact<'budget.defined'>);
    }
  }

  decide(call: AskedCall, now: Instant): Decision {
    return decide(this.#ground, call, now);
  }

  /** Counts a decision of this trial for limits, history and repeated denials. */
  remember(data: PolicyDecided, at: Instant): void {
    this.fold({ type: 'policy.decided', at, data } as RecordedFact<'policy.decided'>);
  }

  /** Folds what happened, for rules that read budget and history; balances are those that were stated, if any were. */
  fold(fact: FoldedFact): void {
    const { memory } = this.#ground;
    if (fact.type === 'budget.stated') memory.stated ??= statedFrom(0);
    if (fact.type === 'policy.decided') noteDecided(this.#ground, fact);
    else noteNews(this.#ground, fact);
  }

  /** Every rule with the value of every part of its condition; empty for a tool that is not registered. */
  explain(call: AskedCall, now: Instant): readonly ExplainedRule[] {
    const bindings = this.#bindings(call, now);
    if (!bindings) return [];
    return this.#bundle.rules.map(({ rule, broken }) => {
      if (broken !== undefined)
        return { rule, outcome: 'error', tree: { text: rule.condition, error: broken, parts: [] } };
      const tree = explainTree(rule.condition, bindings);
      const outcome =
        tree.error === undefined ? (tree.value === 'true' ? 'matched' : 'not matched') : 'error';
      return { rule, outcome, tree };
    });
  }

  #bindings(call: AskedCall, now: Instant): Bindings | undefined {
    const tool = this.#ground.catalog.tools.get(call.tool);
    if (!tool) return undefined;
    let ceiling = { cost: 0n, price: 0n };
    try {
      ceiling = tool.cost(call.inputs);
    } catch {
      // The decision says why there is no estimate; the rules are shown all the same.
    }
    return bindingsOf({ memory: this.#ground.memory, bundle: this.#bundle, tool, call, now }, ceiling);
  }
}
