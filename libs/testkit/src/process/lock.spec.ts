import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { withLock } from './lock.ts';

/** No process has it: the kernel's own limit is lower. */
const DEAD = 2 ** 30;

describe('a lock file', () => {
  const file = (): string => {
    const folder = temporaryFolder();
    onTestFinished(() => folder.remove());
    return join(folder.path, 'lock');
  };

  it('that nobody holds: the work runs and the lock is free again', async () => {
    const lock = file();
    expect(await withLock(lock, 1_000, async () => 'first')).toBe('first');
    expect(await withLock(lock, 1_000, async () => 'second')).toBe('second');
  });

  it('whose owner died in the middle: it is taken over', async () => {
    const lock = file();
    writeFileSync(lock, String(DEAD));
    expect(await withLock(lock, 1_000, async () => 'done')).toBe('done');
  });

  it('that a living process holds: the wait ends with a sentence', async () => {
    const lock = file();
    writeFileSync(lock, String(process.ppid));
    await expect(withLock(lock, 50, async () => 'done')).rejects.toMatchObject({ code: 'not-in-time' });
  });

  it('after work that failed: the error is passed on and the lock is free', async () => {
    const lock = file();
    await expect(withLock(lock, 1_000, async () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await withLock(lock, 1_000, async () => 'done')).toBe('done');
  });
});
