/** How far a call has come, and by when it should be done. */
import type { Instant } from '@writ/contracts';
import type { OpenGrant, Resolution } from './attempt.ts';

/** When a call should have ended, and what follows from how long its tool usually runs. */
export interface Due {
  readonly deadlineMs: Instant;
  /** Whether it is to run although it is late. */
  readonly late: boolean;
  /** The deadline without the usual run: the order in its campaign. */
  latestStartMs: Instant;
  /** The deadline without the quickest run: when there is no hope left. */
  hopelessMs: Instant;
  position: number;
  /** Where it stands among the calls of its lane by when they stop giving way. */
  inYielding: number;
}

/** How far a call has come. */
export type Phase =
  | {
      readonly status: 'waiting';
      readonly allowed: boolean;
      readonly reserved: boolean;
      /** People are asked whether it may run. */
      readonly approval?: boolean;
    }
  /** Allowed and paid for; earlier waves of its step still run. */
  | { readonly status: 'cleared' }
  /** In the queue of its pool. */
  | { readonly status: 'ready' }
  | { readonly status: 'granted'; readonly grant: OpenGrant }
  /** An attempt failed; the next one is held for, and waits for its time. */
  | { readonly status: 'pausing' }
  /** Its executor was lost after the start and it must not run twice; `recorded` once the ledger says so. */
  | {
      readonly status: 'indeterminate';
      readonly grant: OpenGrant;
      readonly recorded: boolean;
      /** Its tool can say what became of it, and is to be asked. */
      readonly query?: true;
      /** What a person said. */
      readonly resolution?: Resolution;
    }
  | { readonly status: 'ended' };
