/** What holds for all histories of a policy, also for those that nobody would write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS_BY_KIND, SubjectKind, decodeCommit, encodeCommit } from '@writ/contracts';
import type { Demand, EventType, Fact, RecordedFact } from '@writ/contracts';
import { TOOLS, history, id, inTenant, plain } from '../test/arbitraries.ts';
import type { Happening } from '../test/arbitraries.ts';
import { START, answersOf, fact, fold, groups, later } from '../test/scenario.ts';
import { policy } from './index.ts';
import { awaitsRun } from './living-call.ts';
import type { PolicyState } from './index.ts';

const START_FACTS = ['acme', 'other'].flatMap((tenant) =>
  [...TOOLS, groups({ pi: ['grace', 'lise', 'emmy'], ops: ['grace'] })].map((one) => inTenant([one, tenant])),
);

/** Plays a history, a second a happening; calls `seen` with every fact in the order of the ledger. */
function play(happenings: readonly Happening[], seen: (one: Fact | RecordedFact) => void): PolicyState {
  let state = policy.initial();
  fold(state, START_FACTS);
  happenings.forEach((happening, index) => {
    if (happening === 'answer') {
      answersOf(state, START + index * 1_000).forEach(seen);
    } else {
      state = policy.evolve(state, { ...later(index, happening), seq: index + 1 });
      seen(happening);
    }
  });
  answersOf(state, START + happenings.length * 1_000).forEach(seen);
  return state;
}

/** The least that the demand asks for at any stage. */
function leastOf({ quorum, escalate = [] }: Demand): number {
  return Math.min(quorum, ...escalate.map((stage) => stage.quorum ?? quorum));
}

function isFromScheduler(one: Fact | RecordedFact): boolean {
  return 'origin' in one && one.origin === SubjectKind.schedule;
}

/** Plays a history and counts the last words of policy on every call, as the facts tell them. */
function lastWords(happenings: readonly Happening[]) {
  const asked = new Set<string>();
  const ends = new Map<string, number>();
  const awaitsHold = new Set<string>();
  const end = (key: string, by = 1) => ends.set(key, (ends.get(key) ?? 0) + by);
  // Where a budget may ask people, an allow is only the last word once the budget has not.
  const soft = new Set<string>();
  const isSoft = (tenant: string) => [...soft].some((budget) => budget.startsWith(`${tenant}/`));
  const paying = new Set<string>();
  const granted = new Set<string>();
  const state = play(happenings, (one) => {
    const data = one.data as {
      invocation?: string;
      verdict?: string;
      reason?: string;
      calls?: object[];
    };
    const key = `${one.tenant}/${data.invocation}`;
    if (one.type === 'tool.requested') {
      for (const call of one.data.calls) asked.add(`${one.tenant}/${call.invocation}`);
    } else if (one.type === 'request.malformed') asked.add(key);
    else if (one.type === 'policy.decided' && data.verdict === 'require-approval') awaitsHold.add(key);
    else if (one.type === 'budget.defined') {
      const { account, limits } = one.data.budget;
      const budget = `${one.tenant}/${account}`;
      if (JSON.stringify(limits).includes('escalated')) soft.add(budget);
      else soft.delete(budget);
    } else if (one.type === 'policy.decided') {
      end(key);
      if (data.verdict === 'allow' && isSoft(one.tenant) && !granted.delete(key)) paying.add(key);
    } else if (one.type === 'approval.granted') granted.add(key);
    // What the scheduler ends was decided here before.
    else if (one.type === 'invocation.cancelled' && !isFromScheduler(one)) end(key);
    else if (one.type === 'request.rejected' && data.invocation && data.reason !== 'duplicate-id') end(key);
    else if (one.type === 'budget.escalated' && paying.delete(key)) end(key, -1);
    else if (one.type === 'budget.reserved' || one.type === 'budget.escalated') {
      awaitsHold.delete(key);
      paying.delete(key);
    } else if (one.type === 'budget.refused' && !paying.delete(key) && awaitsHold.delete(key)) end(key);
  });
  return { state, asked, ends, awaitsHold, paying };
}

const textOf = (state: PolicyState): string => JSON.stringify(policy.snapshot(state));

describe('histories', () => {
  it('every call that was asked for has one last word of policy, or lives', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const { state, asked, ends, awaitsHold, paying } = lastWords(happenings);
        const tenants = [...state.tenants.values()];
        const living = new Set(
          tenants.flatMap(({ id: tenant, calls }) =>
            [...calls].flatMap(([one, { status }]) =>
              /^(granted|paying)$/.test(status) ? [] : [`${tenant}/${one}`],
            ),
          ),
        );
        for (const key of asked)
          expect({ key, ends: ends.get(key) ?? 0 }).toEqual({ key, ends: living.has(key) ? 0 : 1 });
        expect([...ends.keys()].filter((key) => !asked.has(key))).toEqual([]);
        for (const { calls, owed } of tenants) {
          expect(
            [...calls.values()]
              .map(({ status }) => status)
              .filter((status) => !/^(awaiting-hold|paying|open|granted)$/.test(status)),
          ).toEqual([]);
          expect(owed.size).toBe(0);
        }
        expect(state.ready.size).toBe(0);
        expect(state.awaitingHold).toBe(awaitsHold.size + paying.size);
        const running = tenants.flatMap(({ calls }) => [...calls.values()]).filter(awaitsRun);
        expect(state.awaitingRun).toBe(running.length);
      }),
      { numRuns: 250 },
    );
  });

  it('a state that is saved and read back at every step answers and reads the same', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const state = policy.initial();
        let twin = policy.initial();
        for (const one of START_FACTS) for (const each of [state, twin]) policy.evolve(each, one);
        happenings.forEach((happening, index) => {
          twin = policy.restore(JSON.parse(textOf(twin)));
          const now = START + index * 1_000;
          if (happening === 'answer') expect(answersOf(twin, now)).toEqual(answersOf(state, now));
          else fold(state, [later(index, happening)]);
          if (happening !== 'answer') fold(twin, [later(index, happening)]);
          expect(textOf(twin)).toBe(textOf(state));
          for (const { owed } of state.tenants.values()) expect(new Set(owed.items()).size).toBe(owed.size);
        });
      }),
      { numRuns: 100 },
    );
  });

  it('facts of a kind that is not wanted change nothing', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const [all, skipping] = [policy.initial(), policy.initial()];
        for (const each of [all, skipping]) fold(each, START_FACTS);
        happenings.forEach((happening, index) => {
          const now = START + index * 1_000;
          if (happening === 'answer') {
            expect(answersOf(skipping, now)).toEqual(answersOf(all, now));
            return;
          }
          fold(all, [later(index, happening)]);
          const kind = isFromScheduler(happening)
            ? SubjectKind.schedule
            : [SubjectKind.budget, SubjectKind.executions, SubjectKind.catalog].find((one) =>
                EVENTS_BY_KIND[one].has(happening.type),
              );
          if (!kind || policy.wants?.(skipping, kind)) fold(skipping, [later(index, happening)]);
          expect(textOf(skipping)).toBe(textOf(all));
        });
      }),
      { numRuns: 100 },
    );
  });

  it('who may vote, and how often: nothing is granted with less than its terms ask', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const terms = new Map<string, { least: number; argsDigest: string; agent: string }>();
        play(happenings, (one) => {
          if (one.type === 'approval.opened') {
            const { argsDigest, agent, terms: asked } = one.data;
            const least = Math.max(...(asked.demands ?? []).map(leastOf));
            terms.set(`${one.tenant}/${one.data.invocation}`, { least, argsDigest, agent });
          }
          if (one.type !== 'approval.granted') return;
          const asked = terms.get(`${one.tenant}/${one.data.invocation}`);
          const rights = new Set(one.data.by.map((person) => one.data.inNameOf?.[person] ?? person));
          if (!one.data.breakGlass) expect(rights.size).toBeGreaterThanOrEqual(asked?.least ?? Infinity);
          expect([...rights]).not.toContain(asked?.agent);
          expect(one.data.by).not.toContain(asked?.agent);
          expect(one.data.argsDigest).toBe(asked?.argsDigest);
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('junk', () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const named = fc.record(
    {
      invocation: fc.oneof(id, json),
      verdict: fc.oneof(fc.constant('require-approval'), fc.constant('allow'), json),
      approval: json,
    },
    { requiredKeys: ['invocation'] },
  );
  const KINDS = Object.values(SubjectKind);
  const typed = (type: EventType) =>
    fc.oneof(json, named).map((data) => fact(type, data, { origin: 'junk', tenant: 'acme' }));
  const trusted = [SubjectKind.decisions, SubjectKind.budget].flatMap((kind) => [...EVENTS_BY_KIND[kind]]);
  const written = fc
    .tuple(
      fc.constantFrom(...KINDS),
      fc.constantFrom(...KINDS.flatMap((kind) => [...EVENTS_BY_KIND[kind]])),
      fc.oneof(
        json,
        named,
        plain.map(({ data }) => data as unknown),
      ),
    )
    .map(([kind, type, data]) => {
      const event = { specversion: '1.0' as const, id: 'e', source: 'junk', type, data };
      const subject =
        kind === 'requests' || kind === 'approvals' || kind === 'executions' ? `${kind}.ada` : kind;
      return decodeCommit({
        seq: 1,
        at: START,
        subject: `writ.acme.${subject}`,
        data: encodeCommit([event]),
      });
    });
  const junk = fc.oneof(
    fc
      .constantFrom(...(trusted as EventType[]))
      .chain(typed)
      .map((one) => [one]),
    written,
  );

  it('from anyone, of any type, between what is real: no throw, and everything is answered', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(history, junk), { maxLength: 8 }), (parts) => {
        const state = policy.initial();
        fold(state, START_FACTS);
        for (const [happenings, facts] of parts) {
          for (const happening of happenings.slice(0, 8)) {
            if (happening === 'answer') answersOf(state, START);
            else fold(state, [happening]);
          }
          fold(state, facts);
        }
        answersOf(state, START + 1_000_000);
        expect(policy.react(state, START + 1_000_000, undefined)).toEqual([]);
        expect(textOf(policy.restore(JSON.parse(textOf(state))))).toBe(textOf(state));
      }),
      { numRuns: 150 },
    );
  });
});
