import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pullReply } from './api.ts';
import { isPlainGrants } from './pull-reply-guard.ts';

const GRANT = {
  tenant: 'lab',
  invocation: 'i-1',
  attempt: 1,
  agent: 'ada',
  tool: 'dock',
  toolDigest: `sha256:${'0a'.repeat(32)}`,
  inputs: { smiles: 'CCO', options: { poses: [1, 2] } },
  argsDigest: `sha256:${'9f'.repeat(32)}`,
  fencingToken: 7,
};

const odd = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    'x.y',
    '_cell',
    'a'.repeat(65),
    -1,
    0,
    1.5,
    2 ** 53,
    {},
    [],
    true,
    false,
    JSON.parse('{"__proto__":1,"a":2}'),
    `sha256:${'9F'.repeat(32)}`,
  ),
  fc.jsonValue(),
);
const changes = (fields: readonly string[]): fc.Arbitrary<object> =>
  fc
    .array(fc.tuple(fc.constantFrom(...fields), odd), { maxLength: 3 })
    .map((some) => Object.fromEntries(some) as object);

describe('the quick check of grants', () => {
  it.each([[{ grants: [] }], [{ grants: [GRANT] }], [{ grants: [GRANT, GRANT], more: true }]])(
    '%j: is accepted without the schema',
    (reply) => {
      expect(isPlainGrants(reply)).toBe(true);
      expect(pullReply.parse(reply)).toEqual(reply);
    },
  );

  it('whatever it accepts: the schema accepts too, and leaves as it is', () =>
    fc.assert(
      fc.property(
        changes(['grants', 'more', 'stops', 'resync', 'lost', 'extra']),
        fc.array(changes([...Object.keys(GRANT), 'nodes', 'query', 'failures', 'traceparent', 'extra']), {
          maxLength: 3,
        }),
        (reply, grants) => {
          const said = JSON.parse(
            JSON.stringify({ grants: grants.map((one) => ({ ...GRANT, ...one })), more: true, ...reply }),
          ) as unknown;
          if (!isPlainGrants(said)) return;
          expect(JSON.stringify(pullReply.parse(said))).toBe(JSON.stringify(said));
        },
      ),
      { numRuns: 5_000 },
    ));

  it.each([['_cell'], ['a.b'], ['']])('a grant of the tenant "%s": left to the schema', (tenant) => {
    const reply = { grants: [{ ...GRANT, tenant }] };
    expect(isPlainGrants(reply)).toBe(false);
    expect(pullReply.safeParse(reply).success).toBe(false);
  });

  it('a grant of a traced call: left to the schema, which takes it', () => {
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const reply = { grants: [{ ...GRANT, traceparent }] };
    expect(isPlainGrants(reply)).toBe(false);
    expect(pullReply.safeParse(reply).success).toBe(true);
  });
});
