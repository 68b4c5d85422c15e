/** A heap against a sorted list. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from './heap.ts';

interface Item {
  rank: number;
  readonly name: number;
  at: number;
}

const before = (a: Item, b: Item): boolean => (a.rank === b.rank ? a.name < b.name : a.rank < b.rank);

it('any sequence of pushes, pops, removals and moves: the heap reads like a sorted list', () => {
  const step = fc.record({ kind: fc.constantFrom('push', 'push', 'pop', 'remove', 'move'), n: fc.nat(20) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new Heap<Item>(before, { get: (item) => item.at, set: (item, at) => void (item.at = at) });
      let list: Item[] = [];
      for (const [name, { kind, n }] of steps.entries()) {
        const chosen = list[n % Math.max(1, list.length)];
        if (kind === 'push') {
          const item = { rank: n, name, at: -1 };
          heap.push(item);
          list.push(item);
        } else if (kind === 'pop') {
          expect(heap.pop()).toBe(list.shift());
        } else if (chosen && kind === 'remove') {
          heap.remove(chosen);
          heap.remove(chosen);
          expect(chosen.at).toBe(-1);
          list = list.filter((item) => item !== chosen);
        } else if (chosen) {
          chosen.rank = 20 - n;
          heap.moved(chosen);
        }
        list.sort((a, b) => (before(a, b) ? -1 : 1));
        expect([...heap.inOrder()]).toEqual(list);
        expect([heap.size, heap.peek(), heap.second()]).toEqual([list.length, list[0], list[1]]);
      }
    }),
  );
});
