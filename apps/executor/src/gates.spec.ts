import { describe, expect, it } from 'vitest';
import { booleanGate, conditionalGate } from '../tools/gates.mjs';

const PATHS = { ifTrue: 'buy', ifFalse: 'hold' };

describe('conditional_gate', () => {
  it.each([
    [95, '<', 100, 'buy'],
    [100, '<', 100, 'hold'],
    [100, '<=', 100, 'buy'],
    [101, '>', 100, 'buy'],
    [99, '>=', 100, 'hold'],
    ['open', '==', 'open', 'buy'],
    ['open', '!=', 'open', 'hold'],
  ])('%s %s %s: routes to %s and says why', (value, operator, threshold, routedTo) => {
    const said = conditionalGate({ value, operator, threshold, ...PATHS });
    expect(said.routedTo).toBe(routedTo);
    expect(said.because).toContain(`${value} ${operator} ${threshold}`);
  });

  it('a number against a word: fails instead of guessing', () =>
    expect(() => conditionalGate({ value: '95', operator: '<', threshold: 100, ...PATHS })).toThrow(
      /cannot compare/,
    ));
});

describe('boolean_gate', () => {
  it('routes by the fact that it is given', () => {
    expect(booleanGate({ condition: true, ...PATHS })).toMatchObject({ routedTo: 'buy' });
    expect(booleanGate({ condition: false, reason: 'closed', ...PATHS })).toEqual({
      routedTo: 'hold',
      because: 'the condition is false: closed',
    });
  });
});
