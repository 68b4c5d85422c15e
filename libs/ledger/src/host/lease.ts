/**
 * Who leads. A lease only keeps two processes from working against each other; what keeps them safe is the sequence
 * check of every append, so a lost or late lease costs time, never correctness.
 */
export interface Lease {
  /** Tries to take or renew it; true while this process holds it. Throws when the lease store cannot be reached. */
  hold(): Promise<boolean>;
  /** Gives it up, so that a standby need not wait for it to expire. */
  release(): Promise<void>;
}

/** A lease that is always held: one process, or a simulation that decides leadership by itself. */
export const soleLease: Lease = {
  hold: () => Promise.resolve(true),
  release: () => Promise.resolve(),
};
