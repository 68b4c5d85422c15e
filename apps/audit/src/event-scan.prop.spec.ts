/** An event that is found by the layout of one before it says what it says when it is walked, whatever came before. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubjectKind } from '@writ/contracts';
import { bytesOf, completed, decided, dispatched, requested, reserved } from '../test/calls.ts';
import { Member } from './event-members.ts';
import { EventScan } from './event-scan.ts';

/** Values of different lengths and kinds, and such as look like what stands around them. */
const values = fc.oneof(
  fc.constantFrom('a', 'b-1', '', 'ä', '"', '\\', '\\"', '"data":{', '},{"a":"', '\u0000', 'x'.repeat(70)),
  fc.constantFrom<unknown>(1, 12, 123, 1.5, null, true, [], [1, 12], {}, { a: 1 }, { data: { id: 'b' } }),
);
const ids = fc.array(fc.constantFrom('a', 'b-1', 'b-22', 'ä', '"', 'x'.repeat(70)), {
  minLength: 1,
  maxLength: 3,
});

const plain = fc.oneof(
  ids.map((some) => requested(some)),
  ids.map((some) => decided(some, 'allow')),
  ids.map((some) => reserved(some)),
  ids.map((some) => dispatched(some)),
  fc.tuple(ids, values).map(([some, output]) => completed(some, {}, output)),
);

/** Some members of the first event, or of its data, with other values; others are new, or stand twice. */
const changes = fc.array(
  fc.record({
    member: fc.constantFrom(...Object.keys(Member), 'rules', 'a'),
    inData: fc.boolean(),
    twice: fc.nat({ max: 9 }).map((of) => of === 0),
    value: values,
  }),
  { maxLength: 3 },
);

/** A byte that becomes another, is added or dropped; a number that is not there; or everything is cut off. */
const damage = fc.option(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom('flip', 'add', 'drop', 'cut', 'empty'),
    byte: fc.constantFrom(...Buffer.from('",:{}[]\\ 1a\u0000')),
  }),
  { freq: 3 },
);

const commit = fc.tuple(plain, changes, damage).map(([each, changed, hurt]) => {
  const events = JSON.parse(Buffer.from(bytesOf(each)).toString()) as Record<string, unknown>[];
  let text = JSON.stringify(events);
  for (const { member, inData, twice, value } of changed) {
    const first = events[0] as Record<string, unknown>;
    const object =
      inData && typeof first['data'] === 'object' && first['data'] !== null ? first['data'] : first;
    // It may become the data that the next change goes into.
    (object as Record<string, unknown>)[member] = structuredClone(value);
    text = JSON.stringify(events);
    if (twice) text = text.replace('{', `{"${member}":${JSON.stringify(value)},`);
  }
  return damaged(Buffer.from(text), hurt);
});

function damaged(bytes: Buffer, hurt: typeof damage extends fc.Arbitrary<infer D> ? D : never): Buffer {
  if (!hurt) return bytes;
  const at = hurt.at % bytes.length;
  if (hurt.how === 'empty') return Buffer.from(bytes.toString().replace(/":\d+/, '":'));
  if (hurt.how === 'cut') return bytes.subarray(0, at);
  const rest = bytes.subarray(hurt.how === 'add' ? at : at + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(hurt.how === 'drop' ? [] : [hurt.byte]), rest]);
}

/** Everything that may be asked, twice, because the second answer may be a remembered one. */
function answers(scan: EventScan, bytes: Buffer, kind: SubjectKind | undefined): readonly unknown[] {
  const said: unknown[] = [];
  scan.open(bytes, kind);
  while (scan.next()) {
    said.push(scan.from, scan.to, scan.familiar, scan.event.toString('latin1'));
    said.push(...membersOf(scan), scan.openData(), ...membersOf(scan), ...membersOf(scan));
  }
  return [...said, scan.done];
}

function membersOf(scan: EventScan): readonly unknown[] {
  return Object.values(Member).map((member) => [
    scan.has(member),
    scan.text(member),
    scan.json(member),
    scan.count(member),
    scan.is(member, 'a'),
    scan.isName(member),
    scan.isPlain(member),
    scan.isDigest(member),
  ]);
}

describe('commits of one kind, one after the other', () => {
  it('alike, changed, damaged: each says what it says by itself', () =>
    fc.assert(
      fc.property(fc.array(commit, { minLength: 2, maxLength: 8 }), (commits) => {
        const scan = new EventScan();
        for (const bytes of commits)
          expect(answers(scan, bytes, SubjectKind.requests)).toEqual(
            answers(new EventScan(), bytes, undefined),
          );
      }),
      { numRuns: 1_000 },
    ));
});
