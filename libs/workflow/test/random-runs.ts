/** Random workflows and agents that work well, sloppily or dishonestly, drawn from a seeded source; small on purpose. */
import { RunOutcome } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import fc from 'fast-check';
import type { World } from './scenario.ts';

const TYPES = ['decision', 'data', 'executor', 'agent'] as const;
const BEHAVIOURS = [
  'honest',
  'honest',
  'honest',
  'text',
  'wrong-tool',
  'failing',
  'invented',
  'previous',
  'unfinished',
  'after-gate',
  'stale',
  'late',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export interface Story {
  readonly workflow: WorkflowSpecInput;
  /** What the agent does at each attempt, over and over. */
  readonly behaviours: readonly Behaviour[];
  /** Which of the open nodes is worked on next. */
  readonly picks: readonly number[];
  /** Which way a decision goes. */
  readonly routes: readonly ('a' | 'b')[];
}

const TOOL_OF = {
  decision: 'boolean_gate',
  data: 'get_price',
  executor: 'place_order',
  agent: 'get_news',
} as const;

export const story: fc.Arbitrary<Story> = fc
  .record({
    types: fc.array(fc.constantFrom(...TYPES), { minLength: 1, maxLength: 6 }),
    links: fc.array(fc.nat(3), { minLength: 15, maxLength: 15 }),
    retries: fc.array(fc.nat(2), { minLength: 6, maxLength: 6 }),
    failures: fc.array(fc.constantFrom('fail', 'fail', 'person', 'fallback'), { minLength: 6, maxLength: 6 }),
    strict: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    behaviours: fc.array(fc.constantFrom(...BEHAVIOURS), { minLength: 1, maxLength: 12 }),
    picks: fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
    routes: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }),
  })
  .map(({ types, links, retries, failures, strict, ...rest }) => {
    const edges: { from: string; to: string; when?: string }[] = [];
    for (let to = 1; to < types.length; to++) {
      for (let from = 0; from < to; from++) {
        const link = links[(to * (to - 1)) / 2 + from] ?? 0;
        if (link === 0) continue;
        const when = types[from] === 'decision' ? { when: link === 1 ? 'a' : 'b' } : {};
        edges.push({ from: `n${from}`, to: `n${to}`, ...when });
      }
    }
    // A decision leads somewhere.
    for (const [index, type] of types.entries()) {
      if (type !== 'decision') continue;
      edges.push(
        { from: `n${index}`, to: `end${index}a`, when: 'a' },
        { from: `n${index}`, to: `end${index}b`, when: 'b' },
      );
    }
    const ends = types.flatMap((type, index) =>
      type === 'decision' ? [{ name: `end${index}a` }, { name: `end${index}b` }] : [],
    );
    const spares: { name: string }[] = [];
    const nodes = types.map((type, index) => {
      const wanted = failures[index] ?? 'fail';
      if (wanted === 'fallback') spares.push({ name: `spare${index}` });
      const onFailure = wanted === 'fallback' ? { fallback: `spare${index}` } : wanted;
      const sla = {
        maxRetries: retries[index] ?? 0,
        ...(strict[index] ? { requiredTools: [TOOL_OF[type]], maxToolCalls: 2 } : {}),
      };
      return { name: `n${index}`, type, onFailure, sla };
    });
    const workflow = {
      name: 'random',
      nodes: [...nodes, ...ends, ...spares],
      edges,
    } as unknown as WorkflowSpecInput;
    return { workflow, ...rest };
  });

/** Works on open nodes until the run has ended; how each attempt is played stands in the story. */
export function play(world: World, { workflow, behaviours, picks, routes }: Story): void {
  let played = 0;
  const previous: string[] = [];
  const types = new Map(workflow.nodes.map(({ name, type }) => [name, type ?? 'agent']));
  for (let open = openNodes(world); open.length > 0; open = openNodes(world)) {
    const pick = picks[played % picks.length] ?? 0;
    const { node, attempt, person } = open[pick % open.length] as (typeof open)[number];
    const behaviour = behaviours[played % behaviours.length] ?? 'honest';
    const route = routes[played % routes.length] ?? 'a';
    played += 1;
    if (person)
      world.says(
        'node.ruled',
        { run: 'r1', node, ruling: attempt < 4 && route === 'a' ? 'retry' : 'fail' },
        'eve',
      );
    else attemptOf(world, { node, attempt, type: types.get(node) ?? 'agent', behaviour, route, previous });
  }
}

interface Played {
  readonly node: string;
  readonly attempt: number;
  readonly type: string;
  readonly behaviour: Behaviour;
  readonly route: 'a' | 'b';
  readonly previous: string[];
}

function attemptOf(world: World, { node, attempt, type, behaviour, route, previous }: Played): void {
  const flow = { node, attempt };
  const tool = TOOL_OF[type as keyof typeof TOOL_OF];
  const output = { output: { routedTo: route } };
  const used: string[] = [];
  if (behaviour === 'failing') used.push(world.call(tool, flow, { ...output, outcome: RunOutcome.failed }));
  else if (behaviour === 'wrong-tool') used.push(world.call('get_news', flow));
  else if (behaviour === 'invented') used.push('invented');
  else if (behaviour === 'previous') used.push(previous.at(-1) ?? 'invented');
  else if (behaviour !== 'text' && behaviour !== 'late') used.push(world.call(tool, flow, output));
  const fetchedAt = new Date(world.now).toISOString();
  if (behaviour === 'after-gate') world.call('get_price', flow);
  if (behaviour === 'unfinished') world.call('get_news', flow, { ends: false });
  if (behaviour === 'stale') world.later(4_000);
  previous.push(...used);
  const claimed = behaviour === 'late' ? [`late${attempt}${node}`] : used;
  const data = { routedTo: route, data: 1, fetchedAt, confirmation: { invocation: used[0] ?? 'none' } };
  world.fold('node.submitted', { run: 'r1', node, attempt, output: data, used: claimed });
  if (behaviour === 'late') {
    world.ask(`late${attempt}${node}`, tool, flow);
    world.end(`late${attempt}${node}`, output);
  }
  world.react();
}

function openNodes(world: World): { node: string; attempt: number; person: boolean }[] {
  const run = [...world.state.tenants.values()][0]?.runs.get('r1' as never);
  return [...(run?.nodes ?? [])].flatMap(([node, { status, attempt }]) =>
    status === 'open' || status === 'person' ? [{ node, attempt, person: status === 'person' }] : [],
  );
}
