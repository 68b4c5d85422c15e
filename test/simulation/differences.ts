/** Every decision of a recorded run made again by the cores of the simulation. */
import { budget } from '@writ/budget';
import { gatedPolicy } from '@writ/decisions';
import { Replay } from '@writ/ledger';
import type { Difference, LedgerCommit } from '@writ/ledger';
import { scheduler, schedulerWitness } from '@writ/scheduler';

/** By what each was decided on, so that what changed comes before what follows from it. */
export function differencesOf(commits: readonly LedgerCommit[]): Difference[] {
  const differences: Difference[] = [];
  const onDifference = (one: Difference): void => void differences.push(one);
  const witness = { nothing: undefined };
  const replays = [
    new Replay({ decider: gatedPolicy, witness, onDifference }),
    new Replay({ decider: budget, witness, onDifference }),
    new Replay({ decider: scheduler, witness: schedulerWitness, onDifference }),
  ];
  for (const commit of commits) for (const replay of replays) replay.receive(commit);
  return differences.sort((a, b) => a.basis - b.basis);
}
