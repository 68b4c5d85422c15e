import { digestOfBytes, toolSpec } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { fillIn, largeInputsOf } from './large-inputs.ts';
import type { LargeInputs } from './large-inputs.ts';

const spec = toolSpec.parse({
  name: 't',
  adapter: { kind: 'module', module: 'm.mjs' },
  inputs: {
    type: 'object',
    properties: { text: { type: 'string', maxLength: 20, 'x-writ-payload': true }, other: {} },
  },
});
const large = largeInputsOf(spec) as LargeInputs;

function stored(
  value: unknown,
  cut = 5,
): { readonly reference: unknown; readonly parts: Map<string, Buffer> } {
  const bytes = Buffer.from(JSON.stringify(value));
  const parts = new Map<string, Buffer>();
  for (let from = 0; from < bytes.length; from += cut) {
    const part = bytes.subarray(from, from + cut);
    parts.set(digestOfBytes(part), part);
  }
  const $payload = { digest: digestOfBytes(bytes), bytes: bytes.length, parts: [...parts.keys()] };
  return { reference: { $payload }, parts };
}

function fill(inputs: unknown, parts: ReadonlyMap<string, Buffer>): Promise<string> {
  const largeInputs = { read: (digest: string) => Promise.resolve(parts.get(digest)) };
  return fillIn(JSON.stringify(inputs), large, { largeInputs, random: () => 0, trouble: () => undefined });
}

describe('inputs by reference', () => {
  it('of a tool that marks none: are not looked at', () => {
    expect(largeInputsOf({ ...spec, inputs: { type: 'object' } })).toBeUndefined();
  });

  it('where the tool marks them: are filled in', async () => {
    const { reference, parts } = stored('a long text');
    expect(await fill({ text: reference, other: reference }, parts)).toBe(
      JSON.stringify({ text: 'a long text', other: reference }),
    );
  });

  it('by value: stay the very text that was decided on', async () => {
    expect(await fill({ text: 'short' }, new Map())).toBe('{"text":"short"}');
  });

  it.each([
    ['that are not stored', () => ({ ...stored('x'), parts: new Map<string, Buffer>() }), 'payload-missing'],
    [
      'that became something else',
      () => {
        const { reference, parts } = stored('abcdef', 100);
        for (const key of parts.keys()) parts.set(key, Buffer.from('"abcdeg"'));
        return { reference, parts };
      },
      'payload-mismatch',
    ],
    [
      'that break the schema once they are there',
      () => stored('abcdefghijklmnopqrstuvwxyz'),
      'invalid-inputs',
    ],
    ['that are of another type', () => stored(17), 'invalid-inputs'],
  ] as const)('%s: the tool is not run', async (_, make, code) => {
    const { reference, parts } = make();
    await expect(fill({ text: reference }, parts)).rejects.toMatchObject({ code });
  });
});
