/** Refusals: what is short, and in words and numbers what would pass. */
import { formatMicros } from '@writ/contracts';
import type { EventData } from '@writ/contracts';
import { limitName } from './alerts.ts';
import { accountList, nearestAccount } from './near-names.ts';
import { freeOf, heldOf } from './purse.ts';
import type { Purse } from './purse.ts';
import type { Terms } from './terms.ts';
import type { PassedPurse } from './soft-limits.ts';
import type { AskingCall } from './state.ts';
import { fitOf } from './when-it-fits.ts';
import type { Fit } from './when-it-fits.ts';
import { nameOf } from './windows.ts';

type Refusal = EventData<'budget.refused'>;

/** No account in force is on the call's way, though the tenant has some: spending that nobody budgeted for. */
export function unknownAccount({ tenant, invocation, agent, project, campaign }: AskingCall): Refusal {
  const account = campaign === undefined ? project : `${project}/${campaign}`;
  const near = nearestAccount(tenant, project, campaign);
  const who =
    campaign === undefined ? `project "${project}"` : `project "${project}" with campaign "${campaign}"`;
  const hint = near === undefined ? '' : ` did you mean "${near}"?`;
  const detail = `no account pays for ${who};${hint} the accounts of this tenant are ${accountList(tenant)}`;
  return { invocation, agent, reason: 'unknown-account', account, detail };
}

/** The account has less of the unit left than the call may use. */
export function exhausted(call: AskingCall, purse: Purse, terms: Terms, asked: bigint): Refusal {
  const { limit } = terms;
  const free = freeOf(purse, terms);
  const fit = fitOf(purse, terms, asked);
  return {
    invocation: call.invocation,
    agent: call.agent,
    reason: 'exhausted',
    ...limitName(purse),
    asked: asked.toString(),
    free: free.toString(),
    limit: limit.toString(),
    ...fit,
    detail:
      `${formatMicros(asked)} ${purse.unit} asked of account ${purse.account}, ` +
      `${formatMicros(free)} free of ${formatMicros(limit)}${scopeOf(purse)}; ` +
      wayOut(purse, limit, asked, fit),
  };
}

/** The call goes over a soft limit and does not say why it should. */
export function unjustified(call: AskingCall, { purse, terms, asked }: PassedPurse): Refusal {
  const soft = terms.soft ?? terms.limit;
  return {
    invocation: call.invocation,
    agent: call.agent,
    reason: 'justification-required',
    ...limitName(purse),
    asked: asked.toString(),
    free: freeOf(purse, terms).toString(),
    limit: terms.limit.toString(),
    softLimit: soft.toString(),
    detail:
      `${formatMicros(asked)} ${purse.unit} asked of account ${purse.account}, of whose soft limit of ` +
      `${formatMicros(soft)}${scopeOf(purse)} ${formatMicros(purse.used)} are used: attach a justification`,
  };
}

/** The ceiling of a limited unit is no amount: nothing can be held for it, so it may not run. */
export function unmeasurable(call: AskingCall, purse: Purse): Refusal {
  const said = JSON.stringify(call.ceiling[purse.unit]);
  return noEstimate(
    call,
    purse,
    `of which the call's ceiling is ${said}; the tool's cost must come to zero or more`,
  );
}

/** Nobody says what the call may use of the unit: nothing can be held for it, so it may not run. */
export function unestimated(call: AskingCall, purse: Purse): Refusal {
  const { unit } = purse;
  return noEstimate(
    call,
    purse,
    `and tool ${call.tool} does not say how much of it a call may use: declare "cost: { ${unit}: ... }" in the tool ` +
      '(0 if none; "other: 0" speaks for every unit that is not named), or "undeclared: allowed" at the limit',
  );
}

function noEstimate({ invocation, agent }: AskingCall, purse: Purse, what: string): Refusal {
  const detail = `account ${purse.account} limits ${purse.unit}, ${what}`;
  return { invocation, agent, reason: 'no-estimate', ...limitName(purse), detail };
}

/** ` in month Europe/Berlin for tool dock`. */
function scopeOf({ window, tool }: Purse): string {
  const name = nameOf(window);
  return `${name && ` in ${name}`}${tool === undefined ? '' : ` for tool ${tool}`}`;
}

function wayOut(purse: Purse, limit: bigint, asked: bigint, { fitsAtMs, afterHolds }: Fit): string {
  if (asked > limit) return 'it can never fit: make the call smaller or have the limit raised';
  const ways = ['make the call smaller'];
  if (afterHolds) ways.unshift('ask again when they have');
  if (fitsAtMs !== undefined) ways.unshift(`ask again at ${new Date(fitsAtMs).toISOString()}`);
  if (!afterHolds && fitsAtMs === undefined) ways.push('have the limit raised');
  const held = heldOf(purse);
  const what = afterHolds
    ? `${formatMicros(held)} held by calls that have not ended`
    : `${formatMicros(purse.used - held)} spent, ${formatMicros(held)} held`;
  return `${what}: ${ways.join(afterHolds && ways.length === 2 ? ', or ' : ' or ')}`;
}
