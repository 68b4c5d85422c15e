/**
 * Reading a commit by scanning its bytes sees exactly what decoding it in full sees: for what services write, for what is
 * broken on the way, and for texts that look like something else.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommit } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { breakerEvent, glimpsesOf } from '@writ/provenance';
import { AT, bytesOf, commit, completed, decided, dispatched, requested, reserved } from '../test/calls.ts';
import type { Commit } from '../test/calls.ts';
import { sightingsOf } from './sightings.ts';

const nasty = fc.constantFrom(
  'a',
  'b-1',
  '',
  'ä',
  '"',
  '\\',
  '"data":{',
  '},{"specversion":"1.0"',
  '\u0000',
  'x'.repeat(70),
);
const ids = fc.array(nasty, { minLength: 1, maxLength: 3 });

const anyCommit: fc.Arbitrary<Commit> = fc.oneof(
  ids.map((some) => requested(some)),
  fc.tuple(ids, fc.constantFrom('allow' as const, 'deny' as const)).map((args) => decided(...args)),
  ids.map((some) => reserved(some)),
  ids.map((some) => dispatched(some)),
  fc.tuple(ids, fc.jsonValue()).map(([some, output]) => completed(some, {}, output)),
  fc
    .tuple(nasty, nasty, fc.constantFrom('succeeded', 'maybe'), fc.constantFrom<unknown>(1, 0, 1.5, '1'))
    .map(([invocation, executor, outcome, attempt]) => {
      const [type, data] = completed([invocation]).events[0]!;
      return commit('executions.exec-1', [type, { ...data, executor, outcome, attempt }]);
    }),
  fc
    .tuple(
      ids,
      fc.dictionary(
        fc.constantFrom('project', 'campaign', 'log', 'step', 'priority', 'inputs', 'agent', 'id', 'extra'),
        fc.oneof(nasty, fc.jsonValue()),
      ),
      fc.option(fc.jsonValue(), { nil: undefined }),
    )
    .map(([some, { inputs, ...more }, call]) => {
      const [type, data] = requested(some, { inputs: inputs as object }).events[0]!;
      const { calls } = data as { calls: unknown[] };
      return commit('requests.alpha', [
        type,
        { ...data, calls: call === undefined ? calls : [...calls, call], ...more },
      ]);
    }),
  fc.tuple(nasty, fc.jsonValue()).map(([invocation, extra]) => {
    const [type, data] = completed([invocation]).events[0]!;
    return commit('executions.exec-1', [type, { ...data, extra }]);
  }),
  fc
    .tuple(nasty, nasty)
    .map(([scope, reason]) =>
      commit(
        'schedule',
        ['breaker.half-opened', { scope, permits: 1 }],
        ['schedule.refused', { invocation: 'a', agent: 'alpha', reason, detail: scope }],
        ['execution.completed', completed(['a']).events[0]![1]],
      ),
    ),
  nasty.map((id) => commit('budget', ['policy.decided', decided([id], 'allow').events[0]![1]])),
);

/** What happens to the bytes: mostly nothing; a byte changed, cut off, or a space put in. */
const damage = fc.option(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom('flip', 'cut', 'space', 'wrap'),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
  { freq: 2 },
);

type Damage = typeof damage extends fc.Arbitrary<infer D> ? D : never;

function damaged(bytes: Uint8Array, hurt: Damage): Uint8Array {
  if (!hurt) return bytes;
  const text = Buffer.from(bytes);
  const at = hurt.at % text.length;
  if (hurt.how === 'cut') return text.subarray(0, at);
  if (hurt.how === 'wrap') return Buffer.concat([Buffer.from(' '), text]);
  if (hurt.how === 'space') return Buffer.concat([text.subarray(0, at), Buffer.from(' '), text.subarray(at)]);
  text[at] = (text[at] as number) ^ hurt.byte;
  return text;
}

function decoded(stored: StoredCommit): unknown {
  const facts = decodeCommit(stored);
  return {
    glimpses: facts.flatMap((fact) => glimpsesOf(fact)),
    breakers: facts.map((fact) => breakerEvent(fact)).filter((event) => event !== undefined),
  };
}

/** What an agent may say of its trace. */
const parents = fc.constantFrom(
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`,
  `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
  '00-a-b-01',
  '"',
);

describe('a commit on any subject', () => {
  it('scanned: what decoding it says', () =>
    fc.assert(
      fc.property(anyCommit, (each) => {
        const stored = { seq: 7, subject: each.subject, at: AT, data: bytesOf(each) };
        const seen = sightingsOf(stored);
        expect({ glimpses: seen?.glimpses, breakers: seen?.breakers }).toEqual(decoded(stored));
      }),
      { numRuns: 2_000 },
    ));

  it('of an agent, damaged: the same is believed and the same is malformed', () =>
    fc.assert(
      fc.property(ids, fc.jsonValue(), damage, (some, value, hurt) => {
        const { subject, ...rest } = requested(some, { inputs: { value }, campaign: 'c1' });
        const stored = { seq: 7, subject, at: AT, data: damaged(bytesOf({ subject, ...rest }), hurt) };
        const seen = sightingsOf(stored);
        expect({ glimpses: seen?.glimpses, breakers: seen?.breakers }).toEqual(decoded(stored));
      }),
      { numRuns: 3_000 },
    ));

  it('of an agent that traces: what it says of its trace is read alike', () =>
    fc.assert(
      fc.property(fc.uniqueArray(ids, { maxLength: 2 }), parents, fc.boolean(), (some, parent, inside) => {
        const { subject, events } = requested(some.flat());
        const plain = JSON.parse(Buffer.from(bytesOf({ subject, events })).toString()) as object[];
        const said = plain.map((event) =>
          inside
            ? { ...event, data: { ...events[0]?.[1], traceparent: parent } }
            : { ...event, traceparent: parent },
        );
        const stored = { seq: 7, subject, at: AT, data: Buffer.from(JSON.stringify(said)) };
        const seen = sightingsOf(stored);
        expect({ glimpses: seen?.glimpses, breakers: seen?.breakers }).toEqual(decoded(stored));
      }),
      { numRuns: 500 },
    ));

  it('of an executor, damaged: nothing is believed that decoding does not believe', () =>
    fc.assert(
      fc.property(ids, fc.jsonValue(), damage, (some, output, hurt) => {
        const { subject, ...rest } = completed(some, {}, output);
        const stored = { seq: 7, subject, at: AT, data: damaged(bytesOf({ subject, ...rest }), hurt) };
        const seen = sightingsOf(stored);
        expect({ glimpses: seen?.glimpses, breakers: seen?.breakers }).toEqual(decoded(stored));
      }),
      { numRuns: 3_000 },
    ));
});
