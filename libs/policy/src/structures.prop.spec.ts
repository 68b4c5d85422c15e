/** The queue and the heap against plain arrays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import { Expiries } from './expiries.ts';
import type { Expiry } from './expiries.ts';
import { Fifo } from './fifo.ts';

describe('a queue', () => {
  it('any pushes and shifts: what an array would hold', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3_000, max: 3_000 }), { maxLength: 12 }), (turns) => {
        const queue = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const turn of turns) {
          for (let count = 0; count < turn; count++) {
            queue.push(next);
            model.push(next++);
          }
          for (let count = 0; count < -turn; count++) queue.shift();
          if (turn < 0) model = model.slice(-turn);
          expect(queue.peek()).toBe(model[0]);
          expect(queue.size).toBe(model.length);
        }
        expect(queue.items()).toEqual(model);
      }),
      { numRuns: 60 },
    );
  });
});

describe('expiries', () => {
  const operation = fc.oneof(
    { weight: 3, arbitrary: fc.record({ atMs: fc.nat(20), name: fc.nat(400) }) },
    { weight: 2, arbitrary: fc.constant('first' as const) },
    { weight: 2, arbitrary: fc.nat() },
  );

  it('any order of opening and closing: the earliest open one, and no other is kept', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), (operations) => {
        const heap = new Expiries();
        const live = new Map<string, Expiry>();
        const first = () => [...live.values()].sort(byTimeThenName)[0];
        const close = (one: Expiry | undefined) => {
          if (!one) return;
          live.delete(one.invocation);
          heap.remove(one.tenant, one.invocation);
        };
        for (const next of operations) {
          if (next === 'first') close(first());
          else if (typeof next === 'number') close([...live.values()][next % Math.max(1, live.size)]);
          else if (!live.has(String(next.name))) {
            const one = {
              atMs: next.atMs,
              tenant: (next.name % 2 ? 'a' : 'b') as TenantId,
              invocation: String(next.name) as InvocationId,
            };
            live.set(one.invocation, one);
            heap.add(one);
          }
          const { tenant, invocation, atMs } = heap.earliest() ?? {};
          expect([tenant, invocation, atMs]).toEqual(fieldsOf(first()));
          expect(heap.size).toBe(live.size);
        }
      }),
      { numRuns: 60 },
    );
  });

  function fieldsOf(one: Expiry | undefined): unknown[] {
    return [one?.tenant, one?.invocation, one?.atMs];
  }

  function byTimeThenName(a: Expiry, b: Expiry): number {
    const [one, other] = [`${a.tenant} ${a.invocation}`, `${b.tenant} ${b.invocation}`];
    return a.atMs - b.atMs || (one < other ? -1 : 1);
  }
});
