/** An adapter that is loaded when it is needed. */
import { describe, expect, it } from 'vitest';
import type { ToolSpec } from '@writ/contracts';
import { LateAdapter } from './late-adapter.ts';

/** `failures`: so many attempts to load it fail first. */
function loading(failures = 0) {
  const done: string[] = [];
  const late = new LateAdapter(() => {
    if (failures-- > 0) return Promise.reject(new Error('no such module'));
    done.push('loaded');
    return Promise.resolve({
      prepare: ({ name }) => {
        done.push(`prepared ${name}`);
        return Promise.resolve(() => Promise.reject(new Error('not run here')));
      },
      close: () => Promise.resolve(void done.push('closed')),
    });
  });
  return { late, done };
}

const tool = (name: string) => ({ name }) as unknown as ToolSpec;

describe('a late adapter', () => {
  it('two tools: is loaded once, with the first, and closed', async () => {
    const { late, done } = loading();
    await Promise.all([late.prepare(tool('dock')), late.prepare(tool('fold'))]);
    await late.close();
    expect(done).toEqual(['loaded', 'prepared dock', 'prepared fold', 'closed']);
  });
  it('no tool: is not even loaded to be closed', async () => {
    const { late, done } = loading();
    await late.close();
    expect(done).toEqual([]);
  });
  it('loading failed: that tool fails, the next one loads it again, and it is closed', async () => {
    const { late, done } = loading(1);
    await expect(late.prepare(tool('dock'))).rejects.toThrow('no such module');
    await late.prepare(tool('fold'));
    await late.close();
    expect(done).toEqual(['loaded', 'prepared fold', 'closed']);
  });
  it('loading failed and nobody asks again: closing says nothing of it', async () => {
    const { late, done } = loading(1);
    const prepared = late.prepare(tool('dock'));
    await Promise.all([late.close(), expect(prepared).rejects.toThrow('no such module')]);
    expect(done).toEqual([]);
  });
});
