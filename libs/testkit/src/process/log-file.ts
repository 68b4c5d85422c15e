/** A server's log: opened for appending, and watched for the line that tells that the server is up. */
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { WritError } from '@writ/contracts';
import { Hopeless, eventually } from '../eventually.ts';
import type { Guarded } from './guarded.ts';

/** How many of its last lines are quoted when a server did not come up. */
const QUOTED_LINES = 15;

export class LogFile {
  readonly path: string;
  /** File descriptor for a child's output. */
  readonly descriptor: number;
  /** What earlier runs wrote is skipped. */
  readonly #from: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.descriptor = openSync(path, 'a', 0o600);
    this.#from = statSync(path).size;
  }

  /** What this run has written so far. */
  text(): string {
    return readFileSync(this.path).subarray(this.#from).toString('utf8');
  }

  /** The first match, or an error with the log's end when the process dies or the time is up. */
  async awaitLine(pattern: RegExp, server: Guarded, withinMs: number): Promise<RegExpMatchArray> {
    let died = false;
    void server.ended.then(() => (died = true));
    const line = (): RegExpMatchArray | null => {
      const match = pattern.exec(this.text());
      if (!match && died)
        throw new Hopeless(new WritError('server-died', `it ended while starting:\n${this.end()}`));
      return match;
    };
    return eventually(line, { withinMs, what: `${this.path} shows ${String(pattern)}` });
  }

  /** Its last lines, for an error message. */
  end(): string {
    return this.text().trimEnd().split('\n').slice(-QUOTED_LINES).join('\n');
  }

  /** A child keeps its own descriptor: ours can go as soon as it has started. */
  close(): void {
    closeSync(this.descriptor);
  }
}
