import { WritError } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { compileAmount } from './amount.ts';

describe('an amount', () => {
  it.each<[string, string, JsonObject, bigint]>([
    ['2 node-hours', 'node-hours', {}, 2_000_000n],
    ['5', 'calls', {}, 5_000_000n],
    ['0.35 node-hours * args.atoms', 'node-hours', { atoms: 100 }, 35_000_000n],
    ['args.atoms * 0.35', 'node-hours', { atoms: 100 }, 35_000_000n],
    ['0.1 USD * args.n', 'usd', { n: 3 }, 300_000n],
    ['1 USD / 3', 'usd', {}, 333_334n],
    ['0.0000001 USD', 'usd', {}, 1n],
    ['5 GB', 'storage', {}, 5_000_000_000_000_000n],
    ['args.bytes * 1 B', 'storage', { bytes: 7 }, 7_000_000n],
    ['args.bytes', 'storage', { bytes: 7 }, 7_000_000n],
    ['3 gpu-hours * args.n', 'gpu-hours', { n: 2.5 }, 7_500_000n],
    ['math.greatest(1 node-hours, args.steps * 2 node-hours)', 'node-hours', { steps: 0.25 }, 1_000_000n],
    ['size(args.molecules) * 0.5 node-hours', 'node-hours', { molecules: ['C', 'CC', 'CCC'] }, 1_500_000n],
    ['args.?atoms.orValue(10) * 1.0', 'calls', {}, 10_000_000n],
    ['args.walltime * 1 h / 1 h', 'hours', { walltime: 2 }, 2_000_000n],
    ['args.huge * 1 tokens', 'tokens', { huge: 1e15 }, 10n ** 21n],
  ])('%s of %s', (source, unit, args, micros) => {
    expect(compileAmount(source, unit).evaluate(args)).toBe(micros);
  });

  it.each<[string, JsonObject, string]>([
    ['args.atoms * 1 node-hours', {}, 'args.atoms is absent'],
    ['args.atoms * 1 node-hours', { atoms: 'many' }, 'cannot be multiplied'],
    ['args.atoms * 1 node-hours', { atoms: -1 }, 'negative'],
    ['args.atoms', { atoms: true }, 'it is a bool, not a number'],
    ['1 node-hours / args.atoms', { atoms: 0 }, 'division by zero'],
    ['args.atoms / 0.0', { atoms: 1 }, 'Infinity'],
  ])('%s of %j: fails with a sentence', (source, args, reason) => {
    const amount = compileAmount(source, 'node-hours');
    let thrown: unknown;
    try {
      amount.evaluate(args);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(WritError);
    expect(thrown).toMatchObject({ code: 'expression-failed' });
    expect((thrown as WritError).message).toContain(reason);
  });
});
