/** What a decider host is made of, and what it tells. Everything that varies between production and simulation is here. */
import type { Decider, Fact, Instant } from '@writ/contracts';
import type { Ledger } from '../port.ts';
import type { Lease } from './lease.ts';
import type { SnapshotStore } from './snapshots.ts';

/** An answer that is in the ledger now. */
export interface CommittedFact {
  readonly fact: Fact;
  /** The event as it stands in the ledger, JSON text. */
  readonly json: string;
  readonly seq: number;
}

export interface HostOptions<State, Offer> {
  readonly decider: Decider<State, Offer>;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly snapshots?: SnapshotStore;
  /** Unique per process life; names its reactions. */
  readonly holder: string;
  readonly now: () => Instant;
  /** What is not a fact but the next answer needs; asked for at every reaction. */
  readonly offer: () => Offer;
  /** Called after the acks, before the next turn. */
  readonly onCommitted?: (facts: readonly CommittedFact[], state: State) => void;
  /** Wraps the appends of one reaction, which it names; to measure or trace them. */
  readonly appending?: <T>(reaction: string, append: () => Promise<T>) => Promise<T>;
  /** Called after the acks: how many commits a reaction had, and how long it took until the last was acknowledged. */
  readonly onAppended?: (commits: number, tookMs: number) => void;
  readonly onRole?: (role: HostRole) => void;
  readonly log?: (sentence: string) => void;
  /** How many commits are read between two snapshots of a leader. */
  readonly snapshotEvery?: number;
  /** How often time-driven answers (expiry, opening hours of a breaker) are looked for; 0: only when woken. */
  readonly tickMs?: number;
  /** How often the lease is renewed, well below its time to live; 0: only when told to campaign. */
  readonly renewMs?: number;
}

export type HostRole = 'standby' | 'leading' | 'stopped';
