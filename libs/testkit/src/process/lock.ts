/**
 * A lock between processes, as a file that names its owner. It saves double work; it does not guard correctness: two
 * waiters may both take over from a dead owner, so whoever works under it still has to publish by an atomic rename.
 */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { eventually } from '../eventually.ts';

/** Runs `work` while no other living process does the same. @throws WritError `not-in-time` */
export async function withLock<T>(file: string, withinMs: number, work: () => Promise<T>): Promise<T> {
  await eventually(() => acquire(file), { withinMs, what: `${file} was released by its owner` });
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Whether a process with this id is there; a process of another user counts. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A hard link appears whole or not at all, so nobody ever reads a lock without its owner. */
function acquire(file: string): boolean {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (!isAlive(ownerOf(file))) rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** A lock that vanished meanwhile counts as owned: the next look will see. */
function ownerOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return process.pid;
  }
}
