/** What a script learns from the exit code alone. */
import { WritError } from '@writ/contracts';

export const ExitCode = {
  ok: 0,
  /** The call was governed and did not succeed: denied, refused, failed, ... */
  refused: 1,
  /** The command or a file is wrong; nothing was done. */
  usage: 2,
  /** The suite could not be reached, did not answer, or did not let this user. */
  connection: 3,
  /** A fault of this program. */
  fault: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'no-connection',
  'connection-failed',
  'unavailable',
  'not-permitted',
  'query-failed',
  'stream-full',
  'append-failed',
  'append-refused',
  'unconfirmed',
  'projection-behind',
  'closed',
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof WritError)) return ExitCode.fault;
  if (error.code === 'broken-invariant') return ExitCode.fault;
  return CONNECTION_CODES.has(error.code) ? ExitCode.connection : ExitCode.usage;
}
