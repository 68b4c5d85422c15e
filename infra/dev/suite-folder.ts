/** One suite a folder: two nats-servers on one store would ruin it. A note in the folder tells who runs there. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WritError } from '@writ/contracts';
import { eventually, isAlive } from '@writ/testkit';

interface Note {
  readonly pid: number;
  /** Servers that work on the folder's data. */
  readonly servers: readonly number[];
}

const OLD_SERVERS_END_WITHIN_MS = 30_000;

/** Folders of suites in this very process. */
const taken = new Set<string>();

/**
 * Takes the folder. The servers of a suite that was killed need a moment to end; they are waited for.
 * @throws WritError `already-running`
 */
export async function takeFolder(dir: string): Promise<void> {
  mkdirSync(join(dir, 'logs'), { recursive: true, mode: 0o700 });
  if (taken.has(dir)) throw alreadyRunning(dir, process.pid);
  if (existsSync(noteOf(dir))) {
    const { pid, servers } = readNote(dir);
    if (pid !== process.pid && isAlive(pid)) throw alreadyRunning(dir, pid);
    const what = `the servers of an earlier run have ended (processes ${servers.join(', ')})`;
    await eventually(() => !servers.some(isAlive), { withinMs: OLD_SERVERS_END_WITHIN_MS, what });
  }
  noteServers(dir, []);
  taken.add(dir);
}

/** Remembers which processes must have ended before the next suite may start here. */
export function noteServers(dir: string, servers: readonly (number | undefined)[]): void {
  const note: Note = { pid: process.pid, servers: servers.filter((pid) => pid !== undefined) };
  writeFileSync(noteOf(dir), JSON.stringify(note));
}

export function leaveFolder(dir: string): void {
  rmSync(noteOf(dir), { force: true });
  taken.delete(dir);
}

function alreadyRunning(dir: string, pid: number): WritError {
  return new WritError(
    'already-running',
    `Writ runs already in ${dir} (process ${pid}): stop that one first`,
  );
}

function noteOf(dir: string): string {
  return join(dir, 'suite.json');
}

/** A note that was cut off by a crash names nobody. */
function readNote(dir: string): Note {
  try {
    return JSON.parse(readFileSync(noteOf(dir), 'utf8')) as Note;
  } catch {
    return { pid: process.pid, servers: [] };
  }
}
