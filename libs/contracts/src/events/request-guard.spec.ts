import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CALLS_PER_STEP, MAX_INPUT_DEPTH } from '../limits.ts';
import { plainRequest } from './request-guard.ts';
import { toolRequested } from './request.ts';

const CALL = { invocation: 'i-1', tool: 'dock', inputs: { smiles: 'CCO', options: { poses: [1, 2] } } };
const GOOD = { calls: [CALL, { ...CALL, argsDigest: `sha256:${'0a'.repeat(32)}` }], campaign: 'screening' };

function nested(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = { in: value };
  return value;
}

const odd = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    'x.y',
    'a'.repeat(64),
    'a'.repeat(65),
    0,
    7,
    {},
    [],
    [CALL],
    JSON.parse('{"__proto__":1,"a":2}'),
    'background',
    `sha256:${'9f'.repeat(32)}`,
  ),
  fc.jsonValue(),
  fc.string(),
);
const changes = (fields: readonly string[]): fc.Arbitrary<object> =>
  fc
    .array(fc.tuple(fc.constantFrom(...fields), odd), { maxLength: 3 })
    .map((some) => Object.fromEntries(some) as object);

describe('the quick reading of a request', () => {
  it('an ordinary request: is read without the schema, as the schema reads it', () => {
    expect(plainRequest(GOOD)).toBeDefined();
    expect(JSON.stringify(plainRequest(GOOD))).toBe(JSON.stringify(toolRequested.parse(GOOD)));
  });

  it('whatever it reads: the schema reads the same, members in the same order', () =>
    fc.assert(
      fc.property(
        changes(['step', 'calls', 'project', 'campaign', 'priority', 'log', 'plan', 'deadline']),
        fc.array(changes(['invocation', 'tool', 'inputs', 'argsDigest', 'extra']), { maxLength: 3 }),
        (request, calls) => {
          const data = {
            log: 'l',
            ...GOOD,
            calls: [...GOOD.calls, ...calls.map((one) => ({ ...CALL, ...one }))],
          };
          const said = JSON.parse(JSON.stringify({ ...data, ...request })) as unknown;
          const read = plainRequest(said);
          if (!read) return;
          expect(JSON.stringify(read)).toBe(JSON.stringify(toolRequested.parse(said)));
        },
      ),
      { numRuns: 5_000 },
    ));

  it('inputs as deep as they may be, and one level deeper: read, and left to the schema', () => {
    const deep = (levels: number): unknown => ({ calls: [{ ...CALL, inputs: nested(levels) }] });
    expect(plainRequest(deep(MAX_INPUT_DEPTH))).toBeDefined();
    expect(toolRequested.safeParse(deep(MAX_INPUT_DEPTH)).success).toBe(true);
    expect(plainRequest(deep(MAX_INPUT_DEPTH + 1))).toBeUndefined();
    expect(toolRequested.safeParse(deep(MAX_INPUT_DEPTH + 1)).success).toBe(false);
  });

  it('inputs with the one name that the schema leaves out: left to the schema', () => {
    const inputs = JSON.parse('{"__proto__":1,"a":2}') as object;
    expect(plainRequest({ calls: [{ ...CALL, inputs }] })).toBeUndefined();
  });

  it('more calls than a step may have: left to the schema', () => {
    const many = (calls: number): unknown => ({ calls: Array.from({ length: calls }, () => CALL) });
    expect(plainRequest(many(MAX_CALLS_PER_STEP))).toBeDefined();
    expect(plainRequest(many(MAX_CALLS_PER_STEP + 1))).toBeUndefined();
  });
});
