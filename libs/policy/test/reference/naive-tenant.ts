/**
 * The reference of a whole tenant: every rule is evaluated for every call, and the rule of combination is applied as it
 * is documented. All calls come at one instant, so counts within any window are simply counts.
 */
import type { ToolSpec } from '@writ/contracts';
import type { AskedCall } from '../../src/index.ts';
import { holds } from './naive.ts';
import type { Facts, Truth } from './naive.ts';
import type { RandomRule } from './random-rules.ts';

/** What both evaluators have to agree about. */
export interface Verdict {
  readonly verdict: string;
  readonly rule?: string | undefined;
  readonly class?: string | undefined;
  readonly final: boolean;
  readonly repeats: number;
  readonly matched: readonly string[];
  readonly notify: readonly string[];
}

type Ending = Pick<Verdict, 'verdict' | 'rule' | 'class'>;

export class NaiveTenant {
  readonly #rules: readonly RandomRule[];
  readonly #tools: ReadonlyMap<string, ToolSpec>;
  readonly #env: Facts;
  /** How often things were counted, by what they are. */
  readonly #counts = new Map<string, number>();
  readonly #denied = new Map<string, number>();

  constructor(rules: readonly RandomRule[], tools: readonly ToolSpec[], env: Facts) {
    this.#rules = [...rules].sort((a, b) => (a.rule.name < b.rule.name ? -1 : 1));
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#env = env;
  }

  decide(call: AskedCall): Verdict {
    const tool = this.#tools.get(call.tool);
    const facts = tool ? this.#facts(call, tool) : {};
    const outcomes = tool ? this.#rules.map((one) => ({ one, outcome: holds(one.condition, facts) })) : [];
    const matched = outcomes.filter(({ outcome }) => outcome !== false);
    const ending: Ending = tool
      ? this.#combine(matched, call, facts)
      : { verdict: 'deny', rule: 'writ:unregistered-tool', class: 'structural' };
    const notify = matched.flatMap(({ one: { rule }, outcome }) =>
      rule.mode === 'enforce' && rule.action === 'notify' && outcome === true
        ? (rule.notify?.groups ?? [])
        : [],
    );
    const repeats = this.#remember(call, ending, matched);
    return {
      ...ending,
      repeats: ending.verdict === 'deny' ? repeats : 1,
      final: ending.verdict === 'deny' && ending.class !== 'transient' && repeats >= 3,
      matched: matched.map(({ one }) => one.rule.name),
      notify: [...new Set(notify)].sort(),
    };
  }

  #combine(
    matched: readonly { readonly one: RandomRule; readonly outcome: Truth }[],
    call: AskedCall,
    facts: Facts,
  ): Ending {
    const enforced = matched.filter(({ one }) => one.rule.mode === 'enforce');
    const sound = (action: string) =>
      enforced
        .filter(({ one, outcome }) => outcome === true && one.rule.action === action)
        .map(({ one }) => one.rule);
    const [denying] = sound('deny');
    if (denying) return { verdict: 'deny', rule: denying.name, class: 'permission' };
    const failed = enforced.find(({ outcome }) => outcome === 'failure');
    if (failed) return { verdict: 'deny', rule: failed.one.rule.name, class: 'structural' };
    if (sound('require-approval').length > 0) return { verdict: 'require-approval' };
    const [unjustified] = call.request.justification ? [] : sound('require-justification');
    if (unjustified) return { verdict: 'deny', rule: unjustified.name, class: 'structural' };
    for (const { name, limit } of sound('limit')) {
      const used = this.#counts.get(`${name} ${limit?.per} ${whose(call, limit?.per ?? '')}`) ?? 0;
      if (used >= (limit?.calls ?? 0)) return { verdict: 'deny', rule: name, class: 'transient' };
    }
    const destructive = (facts['tool'] as Facts)['destructive'] === true;
    if (destructive && sound('allow').length === 0)
      return { verdict: 'deny', rule: 'writ:destructive-default', class: 'permission' };
    return { verdict: 'allow' };
  }

  /** Counts the call; returns how often it was denied, this time included. */
  #remember(call: AskedCall, { verdict }: Ending, matched: readonly { readonly one: RandomRule }[]): number {
    const count = (key: string): void => void this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (verdict === 'allow') {
      for (const { one } of matched) {
        const { name, limit, mode } = one.rule;
        if (limit && mode === 'enforce') count(`${name} ${limit.per} ${whose(call, limit.per)}`);
      }
    }
    if (verdict !== 'require-approval') {
      for (const outcome of ['asked', verdict === 'allow' ? 'allowed' : 'denied'])
        for (const per of ['agent', 'tool', 'agent-tool']) count(`${outcome} ${per} ${whose(call, per)}`);
    }
    const key = `${call.agent} ${call.tool} ${JSON.stringify(call.inputs)}`;
    if (verdict !== 'deny') {
      this.#denied.delete(key);
      return 0;
    }
    const times = (this.#denied.get(key) ?? 0) + 1;
    this.#denied.set(key, times);
    return times;
  }

  #facts(call: AskedCall, tool: ToolSpec): Facts {
    const counted = (outcome: string, per: string): number =>
      this.#counts.get(`${outcome} ${per} ${whose(call, per)}`) ?? 0;
    const { n } = call.inputs as { readonly n?: unknown };
    return {
      tool: {
        name: tool.name,
        destructive: tool.class === undefined || tool.class === 'DESTRUCTIVE',
        labels: tool.labels,
        cost: tool.cost['node-hours'] === undefined ? 0 : Number(n) / 2,
      },
      args: call.inputs,
      agent: { name: call.agent },
      request: { campaign: '', ...call.request },
      env: this.#env,
      history: {
        agent: { hour: { denied: counted('denied', 'agent') } },
        tool: { minute: { asked: counted('asked', 'tool') } },
        agent_tool: { day: { allowed: counted('allowed', 'agent-tool') } },
      },
    };
  }
}

function whose({ agent, tool, request }: AskedCall, per: string): string {
  return { agent, tool, project: request.project, 'agent-tool': `${agent}/${tool}` }[per] ?? '';
}
