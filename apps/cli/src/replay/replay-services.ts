/** The three deciding services over one ledger: every decision of a cell made again, by the cores that the services host. */
import { budget } from '@writ/budget';
import type { TenantId } from '@writ/contracts';
import { gatedPolicy } from '@writ/decisions';
import { Replay } from '@writ/ledger';
import type { Difference, LedgerCommit, ReplayCounts } from '@writ/ledger';
import { scheduler, schedulerWitness } from '@writ/scheduler';

export const REPLAYED = ['policy', 'budget', 'scheduler'] as const;
export type Replayed = (typeof REPLAYED)[number];

export interface ServiceReplay extends ReplayCounts {
  readonly service: Replayed;
  /** Fold version that decides now. */
  readonly version: number;
}

export interface ReplayWish {
  /** All by default. */
  readonly service?: Replayed | undefined;
  readonly tenant?: TenantId | undefined;
}

/** Policy and budget are offered nothing: what they decide follows from facts and time alone. */
const NO_OFFER = { nothing: undefined };

export class ServiceReplays {
  /** The first ones, in the order of the ledger. */
  readonly differences: Difference[] = [];
  readonly #replays: readonly {
    readonly service: Replayed;
    readonly version: number;
    readonly replay: Pick<Replay<unknown, unknown>, 'receive' | 'counts'>;
  }[];

  constructor({ service, tenant }: ReplayWish, mostDifferences: number) {
    const onDifference = (difference: Difference): void => {
      if (this.differences.length < mostDifferences) this.differences.push(difference);
    };
    const all = { tenant, onDifference };
    const replays = {
      policy: () => new Replay({ ...all, decider: gatedPolicy, witness: NO_OFFER }),
      budget: () => new Replay({ ...all, decider: budget, witness: NO_OFFER }),
      scheduler: () => new Replay({ ...all, decider: scheduler, witness: schedulerWitness }),
    };
    const versions = { policy: gatedPolicy.version, budget: budget.version, scheduler: scheduler.version };
    this.#replays = REPLAYED.filter((name) => service === undefined || name === service).map((name) => ({
      service: name,
      version: versions[name],
      replay: replays[name](),
    }));
  }

  /** Takes the next commit of the ledger, beginning with its first one. */
  receive(commit: LedgerCommit): void {
    for (const { replay } of this.#replays) replay.receive(commit);
  }

  results(): ServiceReplay[] {
    return this.#replays.map(({ service, version, replay }) => ({ service, version, ...replay.counts }));
  }
}
