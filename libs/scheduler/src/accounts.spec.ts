/** Usage that fades, numbers that stay small, accounts that are forgotten when nobody uses them. */
import { describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import { accountOf, charge, decayed, isOwedMore, isUntidy, noAccounts, tidy, weigh } from './accounts.ts';
import { USAGE_HALF_LIFE_MS } from './limits.ts';

const LAB = 'lab' as TenantId;

describe('usage', () => {
  const accounts = noAccounts();
  const old = accountOf(accounts, LAB, 'p', 'old');
  const recent = accountOf(accounts, LAB, 'p', 'recent');
  charge(old, weigh(accounts, 100, 0));
  charge(recent, weigh(accounts, 60, USAGE_HALF_LIFE_MS));

  it('of a half-life ago: counts half', () =>
    expect(decayed(accounts, old.usage, USAGE_HALF_LIFE_MS)).toBe(50));
  it('that is smaller but newer: ranks behind what has faded', () =>
    expect(isOwedMore(old, recent)).toBe(true));
  it('of the campaigns: adds up above them', () =>
    expect(decayed(accounts, old.parent?.usage ?? 0, USAGE_HALF_LIFE_MS)).toBe(110));
  it('after hundreds of half-lives: is counted from a new epoch, with the same ranks', () => {
    const later = 300 * USAGE_HALF_LIFE_MS;
    expect(isUntidy(accounts, later)).toBe(true);
    tidy(accounts, later, [old, recent, old.parent as never, old.parent?.parent as never]);
    expect(isUntidy(accounts, later)).toBe(false);
    expect(isOwedMore(old, recent)).toBe(true);
    expect(weigh(accounts, 1, later)).toBe(1);
  });
});

it('accounts that nobody uses: are forgotten, but for those with a share of their own or calls', () => {
  const accounts = noAccounts();
  const used = accountOf(accounts, LAB, 'used', 'c');
  const shared = accountOf(accounts, LAB, 'shared', 'c');
  for (let index = 0; index < 10_000; index++) accountOf(accounts, LAB, `p${index}`, 'c');
  shared.share = 2;
  expect(isUntidy(accounts, 0)).toBe(true);
  const forgotten = tidy(accounts, 0, [used]);
  expect(forgotten).toHaveLength(20_000);
  expect(accounts.count).toBe(5);
});
