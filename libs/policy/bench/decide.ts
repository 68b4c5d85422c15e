/**
 * What one allowed call costs policy: its request folded, the decision made, the decision folded. Prints
 * microseconds a call, the best of several rounds, for a typical tool (JSON Schema, two cost expressions)
 * under 2 and 100 rules. Run: `node --conditions=@writ/source libs/policy/bench/decide.ts`.
 */
import { digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { PolicyRule, RecordedFact } from '@writ/contracts';
import { policy } from '../src/index.ts';

const ROUNDS = 12;
const CALLS_PER_ROUND = 10_000;
const AT = 1_760_000_000_000;

const dock = toolSpec.parse({
  name: 'dock',
  class: 'LOCAL_WRITE',
  adapter: { kind: 'module', module: 'dock.mjs' },
  inputs: {
    type: 'object',
    properties: {
      smiles: { type: 'string', minLength: 1, maxLength: 400 },
      atoms: { type: 'integer', minimum: 1 },
      receptor: { type: 'string', pattern: '^[0-9a-z]{4}$' },
      options: { type: 'object', properties: { seed: { type: 'integer' } } },
    },
    required: ['smiles', 'atoms'],
    additionalProperties: false,
  },
  cost: { 'node-hours': '0.35 node-hours * args.atoms', usd: '5' },
});
const first = [
  policyRule.parse({
    name: 'limit-expensive-simulations',
    condition: 'tool.cost > 1000 node-hours',
    action: 'require-approval',
  }),
  policyRule.parse({
    name: 'no-destructive-ops-in-production',
    condition: 'tool.destructive AND env.production',
    action: 'deny',
  }),
];
const varying = Array.from({ length: 98 }, (_, index) =>
  policyRule.parse({
    name: `limit-${index}`,
    condition: `args.atoms > ${1_000 + index} AND request.project == "p-${index}"`,
    action: 'deny',
  }),
);
const fixed = Array.from({ length: 98 }, (_, index) =>
  policyRule.parse({
    name: `team-${index}`,
    condition: `tool.labels.team == "t-${index}" AND tool.destructive`,
    action: 'deny',
  }),
);

function fact(type: string, origin: string, data: unknown, seq: number): RecordedFact {
  return { type, tenant: 'acme', origin, seq, at: AT, data } as unknown as RecordedFact;
}

/**
 * Microseconds a call. Requests are parsed from text, as they come from the ledger, outside of what is timed.
 */
function measure(rules: readonly PolicyRule[]): number {
  const state = policy.initial();
  policy.evolve(state, fact('tool.registered', 'catalog', { tool: dock }, 1));
  policy.evolve(state, fact('policy.published', 'catalog', { bundle: digestOf(rules), policies: rules }, 2));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const requests = Array.from({ length: CALLS_PER_ROUND }, (_, index) => request(round, index));
    const begin = performance.now();
    for (const one of requests) {
      policy.evolve(state, one);
      for (const answer of policy.react(state, AT, undefined)) {
        if (answer.type !== 'policy.decided' || answer.data.verdict !== 'allow')
          throw new Error(JSON.stringify(answer));
        policy.evolve(state, { ...answer, origin: 'decisions', seq: 0, at: AT });
      }
    }
    best = Math.min(best, ((performance.now() - begin) * 1_000) / CALLS_PER_ROUND);
  }
  return best;
}

function request(round: number, index: number): RecordedFact {
  const inputs = { smiles: 'CC(=O)Oc1ccccc1C(=O)O', atoms: 21, receptor: '6lu7', options: { seed: index } };
  const calls = [{ invocation: `call-${round}-${index}`, tool: 'dock', inputs }];
  const data = JSON.stringify({ calls, project: 'screening', campaign: 'aspirin', priority: 'normal' });
  return fact('tool.requested', 'ada', JSON.parse(data), 3);
}

for (const [name, rules] of [
  ['2 rules', first],
  ['100 rules, 98 over tool and environment', [...first, ...fixed]],
  ['100 rules, 99 over each call', [...first, ...varying]],
] as const) {
  console.log(`${name}: ${measure(rules).toFixed(1)} us a call`);
}
