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
  derived: {
    accounts: new Map([
      [
        'lab',
        {
          path: 'lab',
          parent: '/',
          inForce: true,
          limits: new Map([['usd', 10n]]),
          used: new Map([['usd', 3n]]),
        },
      ],
    ]),
    holds: new Map([['a' as InvocationId, [{ account: 'lab', unit: 'usd', amount: 3n }]]]),
    incomplete: true,
  },
  stated: {
    begun: 1,
    asOf: 7,
    since: 2,
    moved: 9,
    accounts: new Map([
      [
        'lab',
        {
          since: 2,
          limits: new Map([
            ['usd  ', { unit: 'usd', tool: undefined, limit: 10n, used: 4n, falls: [{ at: 6, amount: 3n }] }],
            ['usd dock ', { unit: 'usd', tool: 'dock', limit: 5n, used: 0n, falls: [] }],
          ]),
        },
      ],
    ]),
  },
};

it('a memory that is saved and read back is the same, and its own', () => {
  const saved = memoryJson(memory);
  const text = JSON.stringify(saved);
  const again = memoryOf(JSON.parse(text));
  expect(again).toEqual(memory);
  memory.limits.get(60_000)?.get('few agent 60|ada')?.counts.push(9);
  expect(JSON.stringify(saved)).toBe(text);
  const bare = { ...memory, history: undefined, stated: undefined };
  expect(memoryOf(memoryJson(bare))).toEqual(bare);
});
