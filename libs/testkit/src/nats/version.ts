/** Which nats-server is good enough: from 2.12 on the sequence check runs where the ledger needs it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Oldest nats-server that Writ runs on, as `[major, minor]`. */
export const OLDEST_NATS = [2, 12] as const;

const run = promisify(execFile);

/** The version of a nats-server binary; undefined when it is missing, broken, or no nats-server. */
export async function natsVersion(binary: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ['--version'], { timeout: 10_000 });
    return /nats-server: v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Whether a version such as `2.15.1` is at least `OLDEST_NATS`. */
export function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > OLDEST_NATS[0] || (major === OLDEST_NATS[0] && minor >= OLDEST_NATS[1]);
}
