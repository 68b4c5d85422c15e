/** What led to a call and what it led to: the walks by example and cut at any place, and the graph that is drawn of them. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FlowOfCall } from '@writ/contracts';
import {
  completed,
  decided,
  granted,
  ledgerOf,
  opened,
  recordOf,
  requestedWith,
  voted,
} from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { LineageWalk, attemptKey, goingOn, lineageGraph, provenanceOf } from './index.ts';
import type { InvocationProvenance, LineageGraph, LineageLink, LineageRequest } from './index.ts';

const RUN = 'r1';

function flow(node: string, attempt = 1): FlowOfCall {
  return { run: RUN, node, attempt } as FlowOfCall;
}

function asked(id: string, causedBy: readonly string[] = [], of?: FlowOfCall): Said {
  const causes = causedBy.length > 0 ? { causedBy } : {};
  return requestedWith({ ...causes, ...(of ? { flow: of } : {}) } as object, id);
}

function attemptSaid(
  type: 'run.opened' | 'contract.accepted' | 'contract.rejected',
  of: FlowOfCall | undefined,
  calls: readonly string[],
  opens: readonly FlowOfCall[],
): Said {
  const data = { run: RUN, agent: 'alpha', ...of, calls, opens, skips: [], violations: [] };
  return { type, data, origin: 'decisions' };
}

/** A run: `decide` is tried twice, its second attempt rests on `d2` and opens `buy`, which rests on `b`. */
const STORY: readonly Said[] = [
  asked('before'),
  attemptSaid('run.opened', undefined, [], [flow('decide')]),
  asked('d1', ['before'], flow('decide')),
  attemptSaid('contract.rejected', flow('decide'), [], [flow('decide', 2)]),
  asked('d2', [], flow('decide', 2)),
  asked('unrelated'),
  attemptSaid('contract.accepted', flow('decide', 2), ['d2'], [flow('buy')]),
  asked('b', [], flow('buy')),
  attemptSaid('contract.accepted', flow('buy'), ['b'], []),
  asked('after', ['b']),
];

function walked(request: LineageRequest, said: readonly Said[] = STORY): readonly LineageLink[] {
  const walk = new LineageWalk(request);
  const facts = ledgerOf(...said);
  for (const fact of request.towards === 'effects' ? facts : facts.toReversed())
    if (!walk.done) walk.fold(fact);
  return walk.links;
}

function effectsOf(...calls: string[]): string[] {
  const links = walked({ towards: 'effects', calls, from: 1 });
  return links.flatMap<string>((link) =>
    link.kind === 'calls' ? [...link.calls] : `${link.attempt}: ${link.result}`,
  );
}

describe('what a call led to', () => {
  it('named by a later request: that request’s calls, and what they led to', () => {
    expect(effectsOf('before')).toEqual(['d1']);
    expect(effectsOf('d2')).toEqual(['r1.decide.2: accepted', 'b', 'r1.buy.1: accepted', 'after']);
    expect(effectsOf('unrelated')).toEqual([]);
  });
});

describe('what opened an attempt of a node', () => {
  it('back to the beginning of its run, over attempts that were rejected', () => {
    const links = walked({ towards: 'causes', attempts: [attemptKey(flow('buy'))], from: 99 });
    expect(links).toMatchObject([
      { attempt: 'r1.decide.2', result: 'accepted', calls: ['d2'] },
      { attempt: 'r1.decide.1', result: 'rejected' },
      { run: 'r1', result: 'began' },
    ]);
  });
});

const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const attempt = fc
  .tuple(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 1, max: 2 }))
  .map(([node, n]) => flow(node, n));
const said: fc.Arbitrary<Said> = fc.oneof(
  fc
    .tuple(id, fc.uniqueArray(id, { maxLength: 2 }), fc.option(attempt, { nil: undefined }))
    .map((args) => asked(...args)),
  fc
    .tuple(
      fc.constantFrom('run.opened' as const, 'contract.accepted' as const, 'contract.rejected' as const),
      attempt,
      fc.uniqueArray(id, { maxLength: 2 }),
      fc.array(attempt, { maxLength: 2 }),
    )
    .map(([type, of, calls, opens]) =>
      attemptSaid(type, type === 'run.opened' ? undefined : of, calls, opens),
    ),
);

describe('any history', () => {
  it('walked in parts that go on from each other: the same links as in one walk', () =>
    fc.assert(
      fc.property(
        fc.array(said, { maxLength: 30 }),
        fc.integer({ min: 0, max: 30 }),
        fc.constantFrom('causes' as const, 'effects' as const),
        (history, cut, towards) => {
          const facts = ledgerOf(...history);
          const ordered = towards === 'effects' ? facts : facts.toReversed();
          const first: LineageRequest = {
            towards,
            calls: ['a'],
            attempts: ['r1.z.1'],
            from: 0,
          };
          const whole = new LineageWalk(first);
          for (const fact of ordered) whole.fold(fact);
          const begun = new LineageWalk(first);
          for (const fact of ordered.slice(0, cut)) begun.fold(fact);
          const rest = new LineageWalk(goingOn(first, begun));
          for (const fact of ordered.slice(cut)) rest.fold(fact);
          expect([...begun.links, ...rest.links]).toEqual(whole.links);
        },
      ),
      { numRuns: 500 },
    ));
});

function told(...said_: readonly Said[]): InvocationProvenance {
  return provenanceOf(recordOf(...said_));
}

function edgesOf({ edges }: LineageGraph): string[] {
  return edges.map(({ from, to, what }) => `${from} ${what} ${to}`);
}

describe('the graph of a call', () => {
  it('with causes, an approval and effects: outputs stand between those who gave and used them', () => {
    const asking = told(
      asked('b', ['a', 'failed']),
      decided('b', 'require-approval'),
      opened('b'),
      voted('b', 'grace', 'approve'),
      granted('b', 'grace'),
    );
    const digest = `sha256:${'1'.repeat(64)}`;
    const giving = told(asked('a'), completed('a'));
    const cause = { ...giving, what: { ...giving.what, outputDigest: digest } };
    const failed = told(asked('failed'), completed('failed', {}, 'failed'));
    const effect = told(asked('c', ['b']));
    const graph = lineageGraph({
      invocation: 'b',
      causes: [cause, failed],
      asked: asking,
      effects: [effect],
      causeLinks: [],
      effectLinks: [],
      whole: true,
    });
    expect(edgesOf(graph)).toEqual([
      'approval:b approved call:b',
      'call:a gave output:a',
      'output:a used by call:b',
      'call:failed led to call:b',
      'call:b led to call:c',
    ]);
    expect(graph.nodes.map(({ id: node, role }) => `${node} ${role}`)).toEqual([
      'call:a cause',
      'call:failed cause',
      'call:b asked',
      'approval:b asked',
      'call:c effect',
      'output:a cause',
    ]);
  });

  it('of a workflow: attempts lead to their calls, and calls that kept a promise to what it opened', () => {
    const causeLinks = walked({ towards: 'causes', attempts: ['r1.buy.1'], from: 99 });
    const effectLinks = walked({ towards: 'effects', calls: ['b'], from: 1 });
    const graph = lineageGraph({
      invocation: 'b',
      causes: [told(asked('d2', [], flow('decide', 2)))],
      asked: told(asked('b', [], flow('buy'))),
      effects: [told(asked('after', ['b']))],
      causeLinks,
      effectLinks,
      whole: true,
    });
    expect(edgesOf(graph).toSorted()).toEqual([
      'attempt:r1.buy.1 asked for call:b',
      'attempt:r1.decide.1 opened attempt:r1.decide.2',
      'attempt:r1.decide.2 asked for call:d2',
      'call:b led to call:after',
      'call:d2 opened attempt:r1.buy.1',
    ]);
    const attempts = graph.nodes.filter(({ kind }) => kind === 'attempt');
    expect(attempts.map(({ lines, role }) => [lines[0], lines[2], role])).toEqual([
      ['decide', 'attempt 2, accepted', 'cause'],
      ['buy', 'attempt 1, accepted', 'cause'],
      ['decide', 'attempt 1, rejected', 'cause'],
    ]);
  });
});
