/** Before a call is asked for: when it would start, how long it would run, and whether it would meet its deadline. */
import type { Instant, Priority, TenantId, ToolName } from '@writ/contracts';
import { versionAt } from './catalog.ts';
import { usualRunMs } from './lifecycle.ts';
import { bandOf, urgencyOf } from './queue.ts';
import { Standing } from './standing.ts';
import type { Slots } from './standing.ts';
import type { SchedulerState } from './state.ts';
import type { Account } from './model.ts';

/** The orders that an agent may wish for by name: there is one, and it goes by priority and by fair shares. */
export const SCHEDULERS: readonly string[] = ['fair-share', 'priority'];

/** A call as it would be asked for. */
export interface Wish {
  readonly tool: ToolName;
  readonly project: string;
  readonly campaign?: string | undefined;
  readonly priority: Priority;
  readonly deadlineMs?: Instant | undefined;
}

export interface Forecast {
  /** Whether it should end by its deadline; `unknown` without one, and while no executor pulls for its pool. */
  readonly answer: 'likely' | 'unlikely' | 'unknown';
  readonly ahead: number;
  readonly expectedStartMs?: Instant;
  /** The tool's median run, or its timeout before the first one has ended. */
  readonly expectedRunMs: number;
}

/** Undefined for a tool that nobody registered. */
export function forecast(
  state: SchedulerState,
  tenant: TenantId,
  { tool, project, campaign = '', priority, deadlineMs }: Wish,
  slots: Slots,
  now: Instant,
): Forecast | undefined {
  const known = state.tenants.get(tenant);
  const version = known && versionAt(known, tool, Infinity);
  if (!version) return undefined;
  const { pool } = version.spec;
  const band = bandOf(urgencyOf(priority));
  const standing = new Standing(state, slots, now);
  const account = campaignOf(state.accounts.cell, [tenant, project, campaign]);
  const expectedRunMs = Math.round(usualRunMs(version));
  const latestStartMs = deadlineMs === undefined ? undefined : deadlineMs - expectedRunMs;
  const before = standing.waitingIn(pool, band, account);
  const ahead = standing.aheadOf(pool, band, account, before, latestStartMs);
  const expectedStartMs = standing.startAfter(pool, ahead, expectedRunMs);
  if (expectedStartMs === undefined) return { answer: 'unknown', ahead, expectedRunMs };
  const times = { ahead, expectedStartMs, expectedRunMs };
  if (deadlineMs === undefined) return { answer: 'unknown', ...times };
  return { answer: expectedStartMs + expectedRunMs <= deadlineMs ? 'likely' : 'unlikely', ...times };
}

/** The account of a campaign, or one that stands in for it while it has no calls; nothing is changed. */
function campaignOf(cell: Account, names: readonly string[]): Account {
  return names.reduce((parent, name): Account => {
    const child = parent.children.get(name);
    return child ?? { ...cell, name, parent, share: 1, usage: 0, children: new Map() };
  }, cell);
}
