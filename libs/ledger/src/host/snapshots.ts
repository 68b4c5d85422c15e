/**
 * Snapshots are caches of a fold: always discardable, never needed. They are keyed by decider and fold version, and
 * stored with the digest of their state, so that one that does not match is thrown away instead of believed.
 */
import { digestOfBytes } from '@writ/contracts';
import type { Json } from '@writ/contracts';

/** A decider's state at one place of its path. */
export interface Snapshot {
  readonly decider: string;
  readonly version: number;
  /** Foreign facts up to this sequence are folded. */
  readonly basis: number;
  /** Own commits up to this sequence are folded (they may stand after `basis`). */
  readonly ownSeq: number;
  readonly now: number;
  /** Last own sequence by subject: what the next append expects. */
  readonly tails: readonly (readonly [subject: string, seq: number])[];
  /** The state as JSON text. */
  readonly state: string;
}

export interface SnapshotStore {
  save(snapshot: Snapshot): Promise<void>;
  /** The latest one of this decider and version, if there is a sound one. */
  load(decider: string, version: number): Promise<Snapshot | undefined>;
}

/** Keeps the latest snapshot of each decider in this process. */
export function memorySnapshots(): SnapshotStore {
  const kept = new Map<string, Snapshot>();
  return {
    save: (snapshot) => Promise.resolve(void kept.set(`${snapshot.decider}.${snapshot.version}`, snapshot)),
    load: (decider, version) => Promise.resolve(kept.get(`${decider}.${version}`)),
  };
}

/**
 * The text of a state and its digest. A decider's `snapshot` has a stable order, so equal states have equal text and
 * equal hashes, which is how a replay is compared with what lived.
 */
export function stateText(state: Json): { readonly state: string; readonly hash: string } {
  const text = JSON.stringify(state);
  return { state: text, hash: digestOfBytes(text) };
}
