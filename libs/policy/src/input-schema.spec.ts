/** What an agent is told about inputs that do not fit. */
import { describe, expect, it } from 'vitest';
import { compileInputs } from './input-schema.ts';

const check = compileInputs({
  type: 'object',
  properties: {
    atoms: { type: 'integer', minimum: 1 },
    mode: { enum: ['fast', 'exact'] },
    options: { type: 'object', properties: { seed: { type: 'integer' } } },
    'a/b': { type: 'string' },
  },
  required: ['atoms'],
  additionalProperties: false,
});

describe('inputs', () => {
  it('that fit: nothing to say', () => expect(check({ atoms: 1, mode: 'fast' })).toBeUndefined());
  it.each([
    [{}, /^inputs must have required property 'atoms'/],
    [{ atoms: 0 }, /^inputs\.atoms must be >= 1/],
    [{ atoms: 1, mode: 'slow' }, /^inputs\.mode must be .*\["fast","exact"\]/],
    [{ atoms: 1, options: { seed: 'x' } }, /^inputs\.options\.seed must be integer/],
    [{ atoms: 1, 'a/b': 1 }, /^inputs\.a\/b must be string/],
    [{ atoms: 1, atom: 2 }, /^inputs must NOT have additional properties: "atom" is not one of them/],
  ])('%j: says where and what', (inputs, sentence) => expect(check(inputs)).toMatch(sentence));
  it('a property that every object inherits is not there', () =>
    expect(compileInputs({ required: ['constructor'] })({})).toMatch(/constructor/));
  it('are not changed by the check', () => {
    const inputs = {};
    compileInputs({ properties: { x: { default: 1 } } })(inputs);
    expect(inputs).toEqual({});
  });
});
