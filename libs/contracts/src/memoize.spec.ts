import { describe, expect, it } from 'vitest';
import { memoize } from './memoize.ts';

describe('a function that remembers two results', () => {
  const asked: string[] = [];
  const length = memoize(2, (text) => {
    asked.push(text);
    if (text === '') throw new Error('nothing to measure');
    return { length: text.length };
  });

  it('makes a result once and hands out the same again', () => {
    expect(length('one')).toBe(length('one'));
    expect(asked).toEqual(['one']);
  });

  it('forgets the oldest when a third is made', () => {
    const first = length('one');
    length('three');
    length('seven');
    expect(length('one')).not.toBe(first);
  });

  it('remembers no failure', () => {
    expect(() => length('')).toThrow('nothing to measure');
    expect(() => length('')).toThrow('nothing to measure');
    expect(asked.filter((text) => text === '')).toHaveLength(2);
  });
});
