import { expect, it } from 'vitest';
import type { InvocationId } from '@writ/contracts';
import type { Memory } from './memory.ts';
import { memoryJson, memoryOf } from './saved-memory.ts';

const sliding = () => ({ windowMs: 60_000, first: 3, counts: [1, 0, 2] });
const memory: Memory = {
  limits: new Map([[60_000, new Map([['few agent 60|ada', sliding()]])]]),
  denials: new Map([['ada dock 00', { times: 2, at: 5 }]]),
  history: {
    counts: new Map([[60_000, new Map([['agent asked|ada', sliding()]])]]),
    running: new Map([['a' as InvocationId, 'dock']]),
  },
  budget: {
    accounts: new Map([
      ['lab', { parent: '/', inForce: true, limits: new Map([['usd', 10n]]), used: new Map([['usd', 3n]]) }],
    ]),
    holds: new Map([['a' as InvocationId, [{ account: 'lab', unit: 'usd', amount: 3n }]]]),
    incomplete: true,
  },
};

it('a memory that is saved and read back is the same, and its own', () => {
  const saved = memoryJson(memory);
  const text = JSON.stringify(saved);
  const again = memoryOf(JSON.parse(text));
  expect(again).toEqual(memory);
  memory.limits.get(60_000)?.get('few agent 60|ada')?.counts.push(9);
  expect(JSON.stringify(saved)).toBe(text);
  expect(memoryOf(memoryJson({ ...memory, history: undefined })).history).toBeUndefined();
});
