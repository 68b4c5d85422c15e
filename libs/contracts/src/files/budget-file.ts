/**
 * A budget as its owner writes it: an account, where it stands in the tree, and what it may use. A number limits the
 * whole allocation: `usd: 500`; a mapping says more: `usd: { hard: 500, per: month, soft: 0.8, overdraft: recorded }`;
 * a list gives one unit several limits, each of which holds.
 */
import { z } from 'zod';
import { toolName, token } from '../ids.ts';
import { OTHER_UNITS, Unit, unitName } from '../quantities.ts';
import { APPROVAL_EXPIRES_SECONDS, approvalProblem, escalationStage } from './policy-file.ts';

/** Calendar windows; each begins anew in the limit's time zone. */
export const CalendarWindow = { hour: 'hour', day: 'day', month: 'month' } as const;
export type CalendarWindow = (typeof CalendarWindow)[keyof typeof CalendarWindow];

/** What a call over the soft limit that says why may do: go on as a debt, or wait for people. */
export const OverdraftRule = { recorded: 'recorded', escalated: 'escalated' } as const;
export type OverdraftRule = (typeof OverdraftRule)[keyof typeof OverdraftRule];

/** Bytes, hours, USD, ...: whole or decimal units. */
const amount = z.number().nonnegative().max(1e15);

const timeZone = z.string().max(64).refine(isTimeZone, 'must be an IANA time zone such as "Europe/Berlin"');

export const budgetLimit = z
  .strictObject({
    /** Never passed, whoever asks. */
    hard: amount,
    /** Only the calls of this tool count. */
    tool: toolName.optional(),
    /** Begins anew each hour, day or month; without `per` and `rollingMinutes` the limit is for the whole allocation. */
    per: z.enum(CalendarWindow).optional(),
    /** Of the windows of `per`; UTC when absent. */
    timeZone: timeZone.optional(),
    /** Any so many minutes: what was used longer ago does not count. */
    rollingMinutes: z.number().int().min(1).max(527_040).optional(),
    /** Share of `hard` from which on a call must say why it is needed. */
    soft: z.number().min(0.01).lt(1).optional(),
    overdraft: z.enum(OverdraftRule).optional(),
    /** Groups that are asked when `overdraft` is `escalated`; absent: any approver of the tenant. */
    approvers: z.array(token).min(1).max(16).optional(),
    /** Seconds until an unanswered escalation counts as denied. */
    expiresSeconds: z
      .number()
      .int()
      .min(1)
      .max(30 * 86_400)
      .optional(),
    /** Who else is asked while nobody decides. */
    escalate: z
      .array(escalationStage.omit({ quorum: true }))
      .max(4)
      .optional(),
    /**
     * What becomes of a call whose tool does not say how much of this unit it may use: `refused`, or `allowed`, holding
     * nothing, so that whatever it then uses is an overrun. Absent: refused, but for `storage`, where what is stored is known.
     */
    undeclared: z.enum(['refused', 'allowed']).optional(),
  })
  .superRefine((limit, context) => {
    const wrong = (field: keyof typeof limit, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (limit.per !== undefined && limit.rollingMinutes !== undefined)
      wrong('rollingMinutes', 'cannot stand beside "per": give each window a limit of its own, as a list');
    if (limit.timeZone !== undefined && limit.per === undefined)
      wrong('timeZone', 'needs "per": only calendar windows have a time zone');
    if (limit.soft !== undefined && limit.overdraft === undefined)
      wrong('soft', 'needs "overdraft": recorded (a debt) or escalated (people are asked)');
    if (limit.overdraft !== undefined && limit.soft === undefined)
      wrong('overdraft', 'needs "soft": the share of "hard" from which on it applies');
    for (const field of ['approvers', 'expiresSeconds', 'escalate'] as const)
      if (limit[field] !== undefined && limit.overdraft !== OverdraftRule.escalated)
        wrong(field, 'needs "overdraft: escalated"');
    const { approvers = [], expiresSeconds = APPROVAL_EXPIRES_SECONDS, escalate } = limit;
    const problem = approvalProblem({ approvers, quorum: 1, expiresSeconds, escalate });
    if (problem) context.addIssue({ code: 'custom', ...problem });
  });
export type BudgetLimit = z.infer<typeof budgetLimit>;

const accountPath = z
  .string()
  .regex(/^(\/|[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*)$/, 'must be "/" or names joined by "/": "project/campaign"')
  .max(256);

/** `budgets:`. `account` is `project`, `project/campaign` or a campaign by its own name; `/` is the tenant. */
export const budgetSpec = z
  .strictObject({
    account: accountPath,
    /**
     * The account that pays too, whatever is paid from this one; absent: the path without its last name. Chains of
     * parents make trees of any depth.
     */
    parent: accountPath.optional(),
    limits: z.record(unitName, z.union([amount, budgetLimit, z.array(budgetLimit).min(1).max(8)])),
    /** Shares of a limit (0..1) at which `budget.alerted` is recorded. */
    alerts: z.array(z.number().gt(0).max(1)).max(8).default([0.8]),
  })
  .superRefine((budget, context) => {
    const wrongParent = (message: string): void =>
      context.addIssue({ code: 'custom', path: ['parent'], message });
    if (budget.parent === budget.account) wrongParent('cannot be the account itself');
    else if (budget.account === '/' && budget.parent !== undefined)
      wrongParent('cannot stand here: nothing is above "/"');
    if (Object.hasOwn(budget.limits, OTHER_UNITS))
      context.addIssue({
        code: 'custom',
        path: ['limits', OTHER_UNITS],
        message: 'is no unit: name each one',
      });
    for (const [unit, given] of Object.entries(budget.limits)) {
      const seen = new Set<string>();
      for (const [index, limit] of limitsOf(given).entries()) {
        const path = ['limits', unit, ...(Array.isArray(given) ? [index] : [])];
        const wrong = (message: string): void => context.addIssue({ code: 'custom', path, message });
        if (unit === Unit.storage && (limit.per !== undefined || limit.rollingMinutes !== undefined))
          wrong('limits what is kept, which no window gives back: leave the window out');
        const key = limitKey(unit, limit.tool, windowName(limit));
        if (seen.has(key)) wrong('is the second limit with the same window and tool');
        seen.add(key);
      }
    }
  });
export type BudgetSpec = z.infer<typeof budgetSpec>;

/** A unit's limits, however they were written. */
export function limitsOf(given: BudgetSpec['limits'][string]): readonly BudgetLimit[] {
  if (typeof given === 'number') return [{ hard: given }];
  return Array.isArray(given) ? given : [given];
}

/** `day Europe/Berlin`, `rolling 60 min`; empty for the whole allocation. */
export function windowName({ per, timeZone: zone, rollingMinutes }: BudgetLimit): string {
  if (rollingMinutes !== undefined) return `rolling ${rollingMinutes} min`;
  return per === undefined ? '' : `${per} ${zone ?? 'UTC'}`;
}

/**
 * What tells the limits of one account apart, as the budget keeps them and as policies read them: the unit, the tool whose
 * calls alone it is for, and the window's name. Unit and tool have no space in their names, so no two limits share a key.
 */
export function limitKey(unit: string, tool = '', window = ''): string {
  return `${unit} ${tool} ${window}`;
}

/** Looking a zone up costs more than all else about a budget, and there are few. */
const KNOWN_ZONES = new Set<string>(['UTC']);

function isTimeZone(name: string): boolean {
  if (KNOWN_ZONES.has(name)) return true;
  try {
    Intl.DateTimeFormat('en', { timeZone: name });
    KNOWN_ZONES.add(name);
    return true;
  } catch {
    return false;
  }
}
