/** One life of this executor in the eyes of the scheduler: what it holds, and what it may still commit. */
import type { ExecutorId, Grant, SessionId } from '@writ/contracts';
import { SessionLog } from '@writ/execution';
import type { Runner } from '@writ/execution';
import type { ExecutorPorts } from './ports.ts';
import { SessionWriter } from './session-writer.ts';
import type { StopSource } from './stop-signal.ts';

/** A grant that was taken in, until it is completed or has gone back. */
export interface HeldCall {
  readonly session: Session;
  readonly grant: Grant;
  readonly stop: StopSource;
}

export interface Session {
  /** Who it is in the facts that it writes. */
  readonly runner: Runner;
  readonly log: SessionLog;
  readonly writer: SessionWriter;
  /** Whether a pull is out, and how many there were. */
  pulling: boolean;
  pulls: number;
  /** The scheduler missed something: the next pull lists what is held. */
  listing: boolean;
  /** Tools running for it now. */
  running: number;
  /** Its calls, as far as they can be stopped. */
  readonly calls: Set<HeldCall>;
  /** Takes no more work: what has not begun goes back. */
  draining: boolean;
  /** Fenced or stopped: nothing of it starts, commits or counts any more. */
  ended: boolean;
}

/** Begins a session under an id that was never used before. */
export function beginSession(
  executor: ExecutorId,
  ports: ExecutorPorts,
  onCommit: (session: Session) => void,
  onFenced: (session: Session) => void,
): Session {
  const runner = { executor, session: ports.newSession() as SessionId };
  const writer = new SessionWriter({
    ...runner,
    ports,
    onCommit: () => onCommit(session),
    onFenced: () => onFenced(session),
  });
  const log = new SessionLog();
  const session: Session = {
    runner,
    log,
    writer,
    pulling: false,
    pulls: 0,
    listing: false,
    running: 0,
    calls: new Set(),
    draining: false,
    ended: false,
  };
  return session;
}

/** Ends it: what waits to be committed is dropped. */
export function endSession(session: Session): void {
  session.ended = true;
  session.writer.close();
}
