/** What is remembered per tool is what a fresh evaluation says, for every call, environment and publish. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import type { AgentId } from '@writ/contracts';
import { rule, tool } from '../test/scenario.ts';
import { Bundle } from './bundle.ts';
import type { Match } from './compiled-rule.ts';
import { RegisteredTool } from './registered-tool.ts';

const TERMS = [
  'tool.destructive',
  'tool.name == "one"',
  'tool.labels.team == "red"',
  '"team" in tool.labels',
  'tool.class == "READ_ONLY"',
  'tool.effects == "once"',
  'tool.cost > 2 node-hours',
  'tool.price > 2 USD',
  'env.production',
  'env.level > 1',
  'args.n > 1',
  'has(args.n)',
  'args["n"] == 2',
  'agent.name == "bob"',
  'request.project == "lab"',
  'request.campaign == ""',
  'request.priority == "urgent"',
];
const term = fc.constantFrom(...TERMS);
const condition = fc.oneof(
  term,
  fc.tuple(term, fc.constantFrom('AND', 'OR'), term).map((parts) => parts.join(' ')),
  fc.tuple(term, term).map(([one, other]) => `NOT (${one}) AND ${other}`),
);
const rules = fc
  .array(condition, { minLength: 1, maxLength: 6 })
  .map((conditions) => conditions.map((text, index) => rule(`r${index}`, 'deny', text)));
const tools = [
  new RegisteredTool(tool('one', { labels: { team: 'red' } })),
  new RegisteredTool(tool('two', { class: 'DESTRUCTIVE' })),
  new RegisteredTool(tool('three', { class: undefined })),
];
const environment = fc.constantFrom(
  {},
  { production: true },
  { production: false, level: 2 },
  { level: 'x' },
);
const call = fc.record({
  tool: fc.constantFrom(...tools),
  cost: fc.constantFrom(0n, 3_000_000n),
  price: fc.constantFrom(0n, 3_000_000n),
  args: fc.constantFrom({}, { n: 2 }, { n: 'x' }),
  agent: fc.constantFrom('ada', 'bob'),
  request: fc.constantFrom(
    { project: 'lab', priority: 'normal' as const },
    { project: 'x', campaign: 'c', priority: 'urgent' as const },
  ),
});

const names = (matches: readonly Match[]) => matches.map(({ rule: { name }, error }) => [name, error]);

it('a bundle that has seen other calls and environments: the same matches as a new one', () => {
  fc.assert(
    fc.property(
      rules,
      fc.array(fc.tuple(environment, call), { minLength: 1, maxLength: 12 }),
      (policies, calls) => {
        let used = new Bundle(digestOf(1), policies, {});
        let inForce: object = {};
        for (const [env, { tool: called, cost, price, args, agent, request }] of calls) {
          if (env !== inForce) used = used.under(env);
          inForce = env;
          const seen = {
            tool: called.bindings({ cost, price }),
            args,
            agent: { name: agent as AgentId },
            request,
          };
          const expected = names(new Bundle(digestOf(1), policies, env).matches(called, used.bindings(seen)));
          expect(names(used.matches(called, used.bindings(seen)))).toEqual(expected);
          expect(names(used.matches(called, used.bindings(seen)))).toEqual(expected);
        }
      },
    ),
    { numRuns: 100 },
  );
});
