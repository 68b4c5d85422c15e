/** The queue keeps order in constant time, also when entries leave from its middle. */
import { describe, expect, it } from 'vitest';
import { Queue } from './queue.ts';

const entry = (id: number) => ({ id, answered: false });

describe('a queue of three', () => {
  it('the middle one leaves: the others keep their order', () => {
    const queue = new Queue<ReturnType<typeof entry>>();
    const [a, b, c] = [entry(1), entry(2), entry(3)];
    for (const one of [a, b, c]) queue.push(one);
    queue.remove(b);
    expect([...queue]).toEqual([a, c]);
    queue.remove(a);
    expect(queue.first).toBe(c);
    queue.remove(c);
    expect(queue.first).toBeUndefined();
  });
});

describe('a queue of 200,000', () => {
  it('drained from the front: each entry comes once, in order, in linear time', () => {
    const queue = new Queue<ReturnType<typeof entry>>();
    for (let id = 0; id < 200_000; id++) queue.push(entry(id));
    const drained: number[] = [];
    for (let first = queue.first; first; first = queue.first) {
      drained.push(first.id);
      queue.remove(first);
    }
    expect(drained).toEqual(Array.from({ length: 200_000 }, (_, id) => id));
  });
});
