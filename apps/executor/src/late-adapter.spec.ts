/** An adapter that is loaded when it is needed. */
import { describe, expect, it } from 'vitest';
import type { ToolSpec } from '@writ/contracts';
import { LateAdapter } from './late-adapter.ts';

function loading() {
  const done: string[] = [];
  const late = new LateAdapter(() => {
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
});
