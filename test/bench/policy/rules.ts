/**
 * Rules and calls that all engines are given: five kinds of rules, as campaigns write them, each denying. The same rule
 * stands here in the language of every engine, so that they can be held to the same answers.
 */
import { policyRule, toolSpec } from '@writ/contracts';
import type { PolicyRule, ToolSpec } from '@writ/contracts';
import { askedCall } from '@writ/policy';
import type { AskedCall } from '@writ/policy';

/** One rule in each language. */
export interface Rule {
  readonly writ: string;
  readonly cel: string;
  readonly cedar: string;
  readonly casbin: string;
}

export const TOOLS = 40;
const CLASSES = ['READ_ONLY', 'LOCAL_WRITE', 'NETWORK'] as const;

export const ENVIRONMENT = { production: true, region: 'eu' } as const;

export const tools: readonly ToolSpec[] = Array.from({ length: TOOLS }, (_, index) =>
  toolSpec.parse({
    name: `tool-${index}`,
    class: CLASSES[index % CLASSES.length],
    adapter: { kind: 'module', module: 'tool.mjs' },
    labels: { team: `team-${index % 8}` },
    cost: { 'node-hours': '1 node-hours * args.atoms' },
  }),
);

/** The rule with this number; all differ. */
function ruleAt(index: number): Rule {
  const n = Math.floor(index / 5);
  const limit = 500 + (n % 400);
  switch (index % 5) {
    case 0:
      return {
        writ: `tool.name == "tool-${n % TOOLS}" AND args.atoms > ${limit + n}`,
        cel: `tool.name == "tool-${n % TOOLS}" && args.atoms > ${limit + n}`,
        cedar: `forbid(principal, action == Action::"tool-${n % TOOLS}", resource) when { context.args.atoms > ${limit + n} };`,
        casbin: `r.tool.name == 'tool-${n % TOOLS}' && r.args.atoms > ${limit + n}`,
      };
    case 1:
      return {
        writ: `tool.class == "NETWORK" AND request.project == "closed-${n}"`,
        cel: `tool.class == "NETWORK" && request.project == "closed-${n}"`,
        cedar: `forbid(principal, action, resource == Project::"closed-${n}") when { context.tool.class == "NETWORK" };`,
        casbin: `r.tool.class == 'NETWORK' && r.request.project == 'closed-${n}'`,
      };
    case 2:
      return {
        writ: `args.dataset == "embargo-${n}"`,
        cel: `args.dataset == "embargo-${n}"`,
        cedar: `forbid(principal, action, resource) when { context.args.dataset == "embargo-${n}" };`,
        casbin: `r.args.dataset == 'embargo-${n}'`,
      };
    case 3:
      return {
        writ: `agent.name == "agent-${n}" AND tool.cost > ${limit} node-hours`,
        cel: `agent.name == "agent-${n}" && tool.cost > ${limit}000000`,
        cedar: `forbid(principal == Agent::"agent-${n}", action, resource) when { context.tool.cost > ${limit}000000 };`,
        casbin: `r.agent.name == 'agent-${n}' && r.tool.cost > ${limit}000000`,
      };
    default:
      return {
        writ: `tool.labels.team == "team-${n}" AND env.production AND NOT args.dryRun`,
        cel: `tool.labels.team == "team-${n}" && env.production && !args.dryRun`,
        cedar: `forbid(principal, action, resource) when { context.tool.labels.team == "team-${n}" && context.env.production && !context.args.dryRun };`,
        casbin: `r.tool.labels.team == 'team-${n}' && r.env.production && !r.args.dryRun`,
      };
  }
}

export function rulesOf(count: number): readonly Rule[] {
  return Array.from({ length: count }, (_, index) => ruleAt(index));
}

export function policiesOf(rules: readonly Rule[]): readonly PolicyRule[] {
  return rules.map(({ writ }, index) =>
    policyRule.parse({ name: `rule-${index}`, condition: writ, action: 'deny' }),
  );
}

/** Calls of all tools by many agents and projects; about one in eight meets a rule. */
export function callsOf(count: number): readonly AskedCall[] {
  return Array.from({ length: count }, (_, index) => {
    const inputs = {
      atoms: index % 97 === 0 ? 5_000 : (index * 37) % 400,
      dataset: index % 31 === 0 ? `embargo-${index % 10}` : `open-${index % 50}`,
      dryRun: index % 16 !== 0,
    };
    const project = index % 29 === 0 ? `closed-${index % 10}` : `open-${index % 20}`;
    return askedCall(`call-${index}`, `agent-${index % 60}`, `tool-${(index * 7) % TOOLS}`, inputs, {
      project,
      priority: 'normal',
    });
  });
}
