/**
 * Every governed call of the campaign with its outcome, in the order of the campaign and not of time: what is shown,
 * counted and compared at the end is read from here.
 */
import type { CallOutcome } from '@writ/sdk';

/** A call that had started when its executor was lost: only a person can say what became of it. */
export interface Indeterminate {
  readonly status: 'indeterminate';
  readonly invocation: string;
}

export type Ending = CallOutcome | Indeterminate;

export interface Entry {
  readonly stage: string;
  readonly tool: string;
  /** What the call was about; absent for one about nothing in particular. */
  readonly molecule?: string;
  readonly outcome: Ending;
}

export class Journal {
  readonly #entries: Entry[] = [];

  add(...entries: readonly Entry[]): void {
    this.#entries.push(...entries);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  ofTool(tool: string): readonly Entry[] {
    return this.#entries.filter((entry) => entry.tool === tool);
  }
}
