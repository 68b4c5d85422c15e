import { digestOf, toolSpec } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { RegisteredTool } from './registered-tool.ts';

const tool = new RegisteredTool(
  toolSpec.parse({
    name: 't',
    adapter: { kind: 'module', module: 'm.mjs' },
    inputs: {
      type: 'object',
      properties: { text: { type: 'string', 'x-writ-payload': true }, amount: { type: 'number' } },
    },
  }),
);
const reference = { $payload: { digest: digestOf('x'), bytes: 3, parts: [digestOf('x')] } };

describe('a tool that takes one input by reference', () => {
  it('given a reference there: fits', () =>
    expect(tool.inputs({ text: reference, amount: 5 })).toBeUndefined());

  it('given a value there: fits as before', () => {
    expect(tool.inputs({ text: 'short' })).toBeUndefined();
    expect(tool.inputs({ text: 5 })).toContain('inputs.text');
  });

  it('given a reference elsewhere: does not fit, so no rule can be blinded by it', () => {
    expect(tool.inputs({ amount: reference })).toContain('inputs.amount must be number');
  });

  it('given what only looks like a reference: does not fit', () => {
    expect(tool.inputs({ text: { $payload: { ...reference.$payload, more: 1 } } })).toContain('inputs.text');
    expect(tool.inputs({ text: { $payload: { ...reference.$payload, parts: [] } } })).toContain(
      'inputs.text',
    );
  });
});
