import { describe, expect, it } from 'vitest';
import { allowingPayloads, payloadNames } from './payload.ts';

const text = { type: 'string', 'x-writ-payload': true };

describe('an inputs schema', () => {
  it('that marks no property: is what it was', () => {
    const schema = { properties: { text: { type: 'string' } } };
    expect(allowingPayloads(schema)).toBe(schema);
    expect(payloadNames(undefined)).toEqual([]);
  });

  it('that marks a property: takes a reference there and nowhere else', () => {
    const schema = { properties: { text, n: { type: 'number' } }, required: ['text'] };
    expect(payloadNames(schema)).toEqual(['text']);
    expect(allowingPayloads(schema)).toEqual({
      properties: {
        text: { anyOf: [expect.objectContaining({ required: ['$payload'] }), text] },
        n: { type: 'number' },
      },
      required: ['text'],
    });
  });
});
