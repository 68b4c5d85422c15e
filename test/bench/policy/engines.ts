/**
 * The engines: each is given the rules once, prepared as far as it can be, and answers whether a call may run. The peers
 * stop at the first rule that denies where they can; ours looks at all of them, to record which matched.
 */
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { Environment } from '@marcbachmann/cel-js';
import { newEnforcer, newModelFromString } from 'casbin';
import { invariant } from '@writ/contracts';
import { Trial } from '@writ/policy';
import type { AskedCall } from '@writ/policy';
import { ENVIRONMENT, policiesOf, tools } from './rules.ts';
import type { Rule } from './rules.ts';

export interface Engine {
  readonly name: string;
  /** Whether it evaluates rules of any form, as ours does. */
  readonly general: boolean;
  /** Whether the call may run. */
  readonly allows: (call: AskedCall) => boolean;
}

const NOW = 1_760_000_000_000;
const MICROS = 1_000_000;
const NAMED = new Map(tools.map((tool) => [tool.name as string, tool]));

export function writ(rules: readonly Rule[]): Engine {
  const trial = new Trial({ tools, policies: policiesOf(rules), environment: ENVIRONMENT });
  return {
    name: 'writ',
    general: true,
    allows: (call) => trial.decide(call, NOW).decided?.verdict === 'allow',
  };
}

/** What the peers see of a call: the same names, a cost in millionths. */
function contextOf({ agent, tool, inputs, request }: AskedCall) {
  const spec = NAMED.get(tool);
  const { atoms } = inputs as { readonly atoms: number };
  return {
    tool: { name: tool as string, class: spec?.class, labels: spec?.labels, cost: atoms * MICROS },
    args: inputs,
    agent: { name: agent as string },
    request: { project: request.project },
    env: ENVIRONMENT,
  };
}

export function celJs(rules: readonly Rule[]): Engine {
  const environment = new Environment({ unlistedVariablesAreDyn: true });
  const programs = rules.map(({ cel }) => environment.parse(cel));
  return {
    name: '@marcbachmann/cel-js',
    general: true,
    allows: (call) => {
      const context = contextOf(call);
      return !programs.some((program) => program(context) === true);
    },
  };
}

export function cedar(rules: readonly Rule[]): Engine {
  const id = `rules-${rules.length}`;
  const staticPolicies = ['permit(principal, action, resource);', ...rules.map((rule) => rule.cedar)].join(
    '\n',
  );
  const parsed = preparsePolicySet(id, { staticPolicies });
  invariant(parsed.type === 'success', `cedar refuses the rules: ${JSON.stringify(parsed)}`);
  return {
    name: '@cedar-policy/cedar-wasm',
    general: true,
    allows: (call) => {
      const answer = statefulIsAuthorized({
        principal: { type: 'Agent', id: call.agent },
        action: { type: 'Action', id: call.tool },
        resource: { type: 'Project', id: call.request.project },
        context: contextOf(call) as never,
        preparsedPolicySetId: id,
        entities: [],
      });
      invariant(answer.type === 'success', `cedar fails: ${JSON.stringify(answer)}`);
      return answer.response.decision === 'allow';
    },
  };
}

const CASBIN_MODEL = `
[request_definition]
r = tool, args, agent, request, env

[policy_definition]
p = rule, eft

[policy_effect]
e = !some(where (p.eft == deny))

[matchers]
m = eval(p.rule)
`;

export async function casbin(rules: readonly Rule[]): Promise<Engine> {
  const enforcer = await newEnforcer(newModelFromString(CASBIN_MODEL));
  await enforcer.addPolicies(rules.map((rule) => [rule.casbin, 'deny']));
  return {
    name: 'casbin',
    general: true,
    allows: (call) => {
      const { tool, args, agent, request, env } = contextOf(call);
      return enforcer.enforceSync(tool, args, agent, request, env);
    },
  };
}
