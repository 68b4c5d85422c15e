/** Shares and usage in a snapshot: a tree, its siblings by name. What stands in the queues is built from the calls. */
import { compareText } from '@writ/contracts';
import type { Instant } from '@writ/contracts';
import { below } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import type { Account } from './model.ts';

interface SavedAccount {
  readonly name: string;
  readonly share: number;
  readonly usage: number;
  readonly below: readonly SavedAccount[];
}

export interface SavedAccounts {
  readonly epoch: Instant;
  readonly sweepAt: number;
  readonly cell: SavedAccount;
}

export function saveAccounts({ epoch, sweepAt, cell }: Accounts): SavedAccounts {
  const save = ({ name, share, usage, children }: Account): SavedAccount => ({
    name,
    share,
    usage,
    below: [...children.values()].sort((a, b) => compareText(a.name, b.name)).map(save),
  });
  return { epoch, sweepAt, cell: save(cell) };
}

export function restoreAccounts(accounts: Accounts, { epoch, sweepAt, cell }: SavedAccounts): void {
  accounts.epoch = epoch;
  accounts.sweepAt = sweepAt;
  const load = (parent: Account, saved: readonly SavedAccount[]): void => {
    for (const { name, share, usage, below: children } of saved) {
      const one = below(accounts, parent, name);
      one.share = share;
      one.usage = usage;
      load(one, children);
    }
  };
  load(accounts.cell, cell.below);
}
