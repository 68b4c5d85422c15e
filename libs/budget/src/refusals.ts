/** Refusals: what is short, in words that tell the agent what would pass. */
import { formatMicros } from '@writ/contracts';
import type { EventData } from '@writ/contracts';
import { freeOf } from './accounts.ts';
import { accountList, nearestAccount } from './near-names.ts';
import type { AskingCall, Purse } from './state.ts';

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
export function exhausted(call: AskingCall, purse: Purse, limit: bigint, asked: bigint): Refusal {
  const free = freeOf(purse, limit);
  return {
    invocation: call.invocation,
    agent: call.agent,
    reason: 'exhausted',
    account: purse.account,
    unit: purse.unit,
    asked: asked.toString(),
    free: free.toString(),
    limit: limit.toString(),
    detail:
      `${formatMicros(asked)} ${purse.unit} asked of account ${purse.account}, ` +
      `${formatMicros(free)} free of ${formatMicros(limit)}; ${wayOut(purse, limit, asked)}`,
  };
}

/** The ceiling of a limited unit is no amount: nothing can be held for it, so it may not run. */
export function unmeasurable(call: AskingCall, purse: Purse): Refusal {
  const { invocation, agent } = call;
  const said = JSON.stringify(call.ceiling[purse.unit]);
  const detail =
    `account ${purse.account} limits ${purse.unit}, of which the call's ceiling is ${said}; ` +
    `the tool's cost must come to zero or more`;
  return { invocation, agent, reason: 'exhausted', account: purse.account, unit: purse.unit, detail };
}

function wayOut(purse: Purse, limit: bigint, asked: bigint): string {
  const spent = formatMicros(purse.spent);
  const held = formatMicros(purse.held);
  if (asked > limit) return 'it can never fit: make the call smaller or have the limit raised';
  if (asked > limit - purse.spent)
    return `${spent} spent, ${held} held: make the call smaller or have the limit raised`;
  return `${held} held by calls that have not ended: ask again when they have, or make the call smaller`;
}
