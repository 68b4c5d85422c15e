/**
 * How long it stays a campaign's turn while its calls are granted and charged: until, at any level, the account next in
 * line has had less of its share. Reckoned ahead, because an answer is made before any of its grants is folded.
 */
import { isOwedMore } from './accounts.ts';
import type { Account, Branch } from './model.ts';

/** Whether it is still a campaign's turn after a first grant that is charged so much. */
export function staysFirst(campaign: Branch, penalty: number): boolean {
  for (let branch = campaign; branch.parent; branch = branch.parent) {
    const next = branch.parent.branches.second()?.account;
    if (next && !isOwedMore(branch.account, next, branch.account.usage + penalty)) return false;
  }
  return true;
}

export class Turn {
  readonly #levels: { readonly account: Account; readonly next: Account; usage: number }[] = [];

  constructor(campaign: Branch) {
    for (let branch = campaign; branch.parent; branch = branch.parent) {
      const { account } = branch;
      const next = branch.parent.branches.second()?.account;
      if (next) this.#levels.push({ account, next, usage: account.usage });
    }
  }

  /** Charges one grant; whether the next one is the campaign's, too. */
  goesOn(penalty: number): boolean {
    for (const level of this.#levels) {
      level.usage += penalty;
      if (!isOwedMore(level.account, level.next, level.usage)) return false;
    }
    return true;
  }
}
