/**
 * The whole state as JSON and back. Order is part of it: accounts, purses and calls stand as they were first heard of,
 * queues longest waiting first, so a restored state answers exactly as the one it was taken from. Holds, of which there
 * may be many, name their accounts and purses by number; what a purse holds is the sum of them and is not saved.
 */
import type {
  AgentId,
  Amounts,
  Digest,
  Instant,
  InvocationId,
  Json,
  TenantId,
  ToolName,
} from '@writ/contracts';
import { accountAt } from './accounts.ts';
import { openLine } from './purse.ts';
import type { HeldLine, Purse } from './purse.ts';
import { restorePurse, savePurse } from './saved-purse.ts';
import type { SavedPurse } from './saved-purse.ts';
import { initial, tenantOf } from './state.ts';
import type {
  Account,
  BudgetState,
  Call,
  Escalation,
  Hold,
  OwedNote,
  ReleasingCall,
  TenantBudget,
  Watch,
} from './state.ts';

/** `[path, parent, inForce, purses, limits as places in purses]` */
type SavedAccount = readonly [string, string | null, boolean, readonly SavedPurse[], readonly number[]];
/** `[way, tool, amounts, lines]`; the lines are pairs of a purse and a place in the amounts, one after the other. */
type SavedHold = readonly [number, ToolName | null, readonly string[], readonly number[]];
/** `[agent, tool, argsDigest, project, campaign, ceiling, justification]` */
type SavedAsk = readonly [AgentId, ToolName, Digest, string, string | null, Amounts, string | null];
type SavedCall =
  /** The last: the way of another attempt. */
  | readonly ['asking', InvocationId, SavedAsk, number?]
  | readonly ['held', InvocationId, SavedHold]
  | readonly ['escalated' | 'granted', InvocationId, SavedHold, Escalation]
  | readonly ['releasing', InvocationId, SavedHold, ReleasingCall['reason']];
/** `[digest, amount, purses]` */
type SavedPayload = readonly [Digest, string, readonly number[]];

/** `[moved, stated, changed, parts]`; purses by number, parts as pairs of a purse and when the last one leaves. */
type SavedWatch = readonly [number, number, readonly number[], readonly (readonly [number, Instant])[]];

interface SavedTenant {
  readonly id: TenantId;
  readonly accounts: readonly SavedAccount[];
  /** The accounts that holds pay from, each list once, by places in `accounts`. */
  readonly ways: readonly (readonly number[])[];
  readonly calls: readonly SavedCall[];
  readonly payloads: readonly SavedPayload[];
  readonly watch?: SavedWatch;
}

interface SavedBudget {
  readonly now: Instant;
  readonly tenants: readonly SavedTenant[];
  readonly owed: readonly (readonly [TenantId, InvocationId])[];
  readonly notes: readonly OwedNote['fact'][];
  /** `[tenants that state balances, answers given since]` */
  readonly stating?: readonly [readonly TenantId[], number];
}

export function snapshot(state: BudgetState): Json {
  const { watches, owed, delayed } = state.statements;
  const saved: SavedBudget = {
    now: state.now,
    tenants: Array.from(state.tenants.values(), (tenant) => saveTenant(tenant, watches.get(tenant.id))),
    owed: Array.from(state.owed, ({ tenant, invocation }) => [tenant.id, invocation]),
    notes: Array.from(state.notes, ({ fact }) => fact),
    ...(owed.size === 0 ? {} : { stating: [Array.from(owed, ({ tenant }) => tenant.id), delayed] }),
  };
  return saved as unknown as Json;
}

export function restore(json: Json): BudgetState {
  const saved = json as unknown as SavedBudget;
  const state = initial();
  state.now = saved.now;
  for (const one of saved.tenants) restoreTenant(state, tenantOf(state, one.id), one);
  for (const [id, invocation] of saved.owed) {
    const call = tenantOf(state, id).calls.get(invocation);
    if (call && 'answered' in call) state.owed.push(call);
  }
  for (const fact of saved.notes) state.notes.push({ answered: false, fact });
  const [stating, delayed] = saved.stating ?? [[], 0];
  state.statements.delayed = delayed;
  for (const id of stating) state.statements.owed.add(state.statements.watches.get(id) as Watch);
  return state;
}

/** Numbers things in the order in which they are first asked for. */
class Numbers<T> {
  readonly list: T[] = [];
  readonly #numbers = new Map<T, number>();

  of(thing: T): number {
    let number = this.#numbers.get(thing);
    if (number === undefined) {
      number = this.list.push(thing) - 1;
      this.#numbers.set(thing, number);
    }
    return number;
  }
}

function saveTenant({ id, accounts, calls, payloads }: TenantBudget, watch: Watch | undefined): SavedTenant {
  let purses = 0;
  const places = new Numbers<Account>();
  const ways = new Numbers<readonly Account[]>();
  const savedAccounts = Array.from(accounts.values(), (account): SavedAccount => {
    places.of(account);
    const own = [...account.purses.values()];
    for (const purse of own) purse.place = purses++;
    const limits = account.limits.map((purse) => own.indexOf(purse));
    return [account.path, account.parent ?? null, account.inForce, own.map(savePurse), limits];
  });
  const saveHold = ({ accounts: way, lines, tool }: Hold): SavedHold => {
    const amounts: bigint[] = [];
    const pairs: number[] = [];
    for (const { purse, amount } of lines) {
      let place = amounts.indexOf(amount);
      if (place < 0) place = amounts.push(amount) - 1;
      pairs.push(purse.place, place);
    }
    return [ways.of(way), tool ?? null, amounts.map(String), pairs];
  };
  const saveWay = (way: readonly Account[]): number => ways.of(way);
  const savedCalls = Array.from(calls, ([invocation, call]) => saveCall(invocation, call, saveHold, saveWay));
  return {
    id,
    accounts: savedAccounts,
    ways: ways.list.map((way) => way.map((account) => places.of(account))),
    calls: savedCalls,
    payloads: Array.from(payloads, ([digest, payload]): SavedPayload => [
      digest,
      payload.amount.toString(),
      payload.purses.map(({ place }) => place),
    ]),
    ...(watch ? { watch: saveWatch(watch) } : {}),
  };
}

function saveWatch({ moved, stated, changed, partsStated }: Watch): SavedWatch {
  const parts = Array.from(partsStated, ([{ place }, at]) => [place, at] as const);
  return [moved, stated, Array.from(changed, ({ place }) => place), parts];
}

function saveCall(
  invocation: InvocationId,
  call: Call,
  saveHold: (hold: Hold) => SavedHold,
  saveWay: (way: readonly Account[]) => number,
): SavedCall {
  switch (call.status) {
    case 'asking': {
      const { agent, tool, argsDigest, project, campaign, ceiling, justification, way } = call;
      const ask = [
        agent,
        tool,
        argsDigest,
        project,
        campaign ?? null,
        ceiling,
        justification ?? null,
      ] as const;
      return way ? ['asking', invocation, ask, saveWay(way)] : ['asking', invocation, ask];
    }
    case 'held':
      return ['held', invocation, saveHold(call.hold)];
    case 'releasing':
      return ['releasing', invocation, saveHold(call.hold), call.reason];
    default:
      return [call.status, invocation, saveHold(call.hold), call.escalation];
  }
}

function restoreTenant(state: BudgetState, tenant: TenantBudget, saved: SavedTenant): void {
  const accounts: Account[] = [];
  const purses: Purse[] = [];
  for (const [path, parent, inForce, savedPurses, limits] of saved.accounts) {
    const account = accountAt(tenant, path);
    account.parent = parent ?? undefined;
    account.inForce = inForce;
    if (inForce) tenant.inForce++;
    const own = savedPurses.map((purse) => restorePurse(account, purse));
    account.limits = limits.map((place) => own[place] as Purse);
    accounts.push(account);
    purses.push(...own);
  }
  const ways = saved.ways.map((way) => way.map((place) => accounts[place] as Account));
  const restoreHold = (invocation: InvocationId, [way, tool, texts, pairs]: SavedHold): Hold => {
    const amounts = texts.map(BigInt);
    const lines: HeldLine[] = [];
    for (let pair = 0; pair < pairs.length; pair += 2) {
      const purse = purses[pairs[pair] as number] as Purse;
      lines.push(openLine(purse, invocation, amounts[pairs[pair + 1] as number] as bigint));
    }
    return { accounts: ways[way] as readonly Account[], lines: lines.slice(), tool: tool ?? undefined };
  };
  for (const call of saved.calls) tenant.calls.set(call[1], restoreCall(tenant, call, restoreHold, ways));
  for (const [digest, amount, places] of saved.payloads) {
    const payload = { amount: BigInt(amount), purses: places.map((place) => purses[place] as Purse) };
    tenant.payloads.set(digest, payload);
  }
  if (saved.watch) state.statements.watches.set(tenant.id, restoreWatch(tenant, saved.watch, purses));
}

function restoreWatch(
  tenant: TenantBudget,
  [moved, stated, changed, parts]: SavedWatch,
  purses: readonly Purse[],
): Watch {
  const purse = (place: number): Purse => purses[place] as Purse;
  const watch = {
    tenant,
    moved,
    stated,
    changed: new Set(changed.map(purse)),
    partsStated: new Map(parts.map(([place, at]) => [purse(place), at])),
  };
  for (const one of purses) one.changed = watch.changed;
  return watch;
}

function restoreCall(
  tenant: TenantBudget,
  saved: SavedCall,
  restoreHold: (invocation: InvocationId, hold: SavedHold) => Hold,
  ways: readonly (readonly Account[])[],
): Call {
  const [status, invocation] = saved;
  switch (status) {
    case 'asking': {
      const [agent, tool, argsDigest, project, campaign, ceiling, justification] = saved[2];
      const asked = { tenant, invocation, agent, tool, argsDigest, project, ceiling };
      const said = { campaign: campaign ?? undefined, justification: justification ?? undefined };
      const way = saved[3] === undefined ? undefined : ways[saved[3]];
      return { status, answered: false, ...asked, ...said, way };
    }
    case 'held':
      return { status, hold: restoreHold(invocation, saved[2]) };
    case 'escalated':
      return { status, hold: restoreHold(invocation, saved[2]), escalation: saved[3] };
    case 'granted': {
      const hold = restoreHold(invocation, saved[2]);
      return { status, answered: false, tenant, invocation, hold, escalation: saved[3] };
    }
    case 'releasing': {
      const hold = restoreHold(invocation, saved[2]);
      return { status, answered: false, tenant, invocation, reason: saved[3], hold };
    }
  }
}
