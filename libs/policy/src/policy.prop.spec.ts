/** What holds for all histories of a policy, also for those that nobody would write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVENTS_BY_KIND, SubjectKind, decodeCommit, encodeCommit } from '@writ/contracts';
import type { EventType, Fact, RecordedFact } from '@writ/contracts';
import { TOOLS, history, id, inTenant, plain } from '../test/arbitraries.ts';
import type { Happening } from '../test/arbitraries.ts';
import { START, answersOf, fact, fold, groups, later } from '../test/scenario.ts';
import { policy } from './index.ts';
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

const textOf = (state: PolicyState): string => JSON.stringify(policy.snapshot(state));

describe('histories', () => {
  it('every call that was asked for has one last word of policy, or lives', () => {
    fc.assert(
      fc.property(history, (happenings) => {
        const asked = new Set<string>();
        const ends = new Map<string, number>();
        const awaitsHold = new Set<string>();
        const end = (key: string) => ends.set(key, (ends.get(key) ?? 0) + 1);
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
          else if (one.type === 'policy.decided' || one.type === 'invocation.cancelled') end(key);
          else if (one.type === 'request.rejected' && data.invocation && data.reason !== 'duplicate-id')
            end(key);
          else if (one.type === 'budget.reserved') awaitsHold.delete(key);
          else if (one.type === 'budget.refused' && awaitsHold.delete(key)) end(key);
        });
        const tenants = [...state.tenants.values()];
        const living = new Set(
          tenants.flatMap(({ id: tenant, calls }) => [...calls.keys()].map((one) => `${tenant}/${one}`)),
        );
        for (const key of asked)
          expect({ key, ends: ends.get(key) ?? 0 }).toEqual({ key, ends: living.has(key) ? 0 : 1 });
        expect([...ends.keys()].filter((key) => !asked.has(key))).toEqual([]);
        for (const { calls, owed } of tenants) {
          expect(
            [...calls.values()]
              .map(({ status }) => status)
              .filter((status) => !/^(awaiting-hold|open)$/.test(status)),
          ).toEqual([]);
          expect(owed.size).toBe(0);
        }
        expect(state.ready.size).toBe(0);
        expect(state.awaitingHold).toBe(awaitsHold.size);
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
          const kind = [SubjectKind.budget, SubjectKind.executions, SubjectKind.catalog].find((one) =>
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
        const terms = new Map<string, { quorum: number; argsDigest: string; agent: string }>();
        play(happenings, (one) => {
          if (one.type === 'approval.opened') {
            const { argsDigest, agent, terms: asked } = one.data;
            terms.set(`${one.tenant}/${one.data.invocation}`, { quorum: asked.quorum, argsDigest, agent });
          }
          if (one.type !== 'approval.granted') return;
          const asked = terms.get(`${one.tenant}/${one.data.invocation}`);
          expect(new Set(one.data.by).size).toBe(asked?.quorum);
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
