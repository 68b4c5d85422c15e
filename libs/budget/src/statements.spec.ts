/** Balances as they are stated for policies that read them: what, when, and how much at once. */
import { describe, expect, it } from 'vitest';
import type { Fact, RecordedFact, TenantId } from '@writ/contracts';
import { account, allowed, answersOf, at, completed, fact, retired } from '../test/scenario.ts';
import { balances, budget } from './index.ts';
import type { BudgetState } from './index.ts';
import { MAX_ANSWERS_UNSTATED, MAX_STATED } from './limits.ts';

const published = (data: object = { balances: 'stated' }) =>
  fact('policy.published', { bundle: 'sha256:00', policies: [], ...data });
const silent = published({});
const BEGIN = '2026-03-10T10:00:00Z';

/** Facts get ledger sequences as they come; each is answered before the next. */
class Ledger {
  state: BudgetState = budget.initial();
  #seq = 0;

  constructor(...facts: RecordedFact[]) {
    this.after(...facts);
  }

  after(...facts: RecordedFact[]): Fact[] {
    return facts.flatMap((one) => {
      this.arrives(one);
      return answersOf(this.state, one.at);
    });
  }

  arrives(one: RecordedFact): void {
    budget.evolve(this.state, { ...one, seq: ++this.#seq });
  }

  stated(...facts: RecordedFact[]) {
    return this.after(...facts).flatMap((one) => (one.type === 'budget.stated' ? [one.data] : []));
  }
}

const usd = (limit: number, used: number, more: object = {}) => ({
  account: 'lab',
  unit: 'usd',
  limit: String(limit * 1e6),
  used: String(used * 1e6),
  ...more,
});

describe('a tenant whose policies do not read balances', () => {
  it('nothing is stated, whatever happens', () => {
    const lab = new Ledger(account('lab', { usd: 10 }), silent);
    expect(lab.stated(allowed('a', { usd: 4 }), completed('a', { usd: 1 }))).toEqual([]);
  });
});

describe('a running tenant', () => {
  const running = () =>
    new Ledger(
      account('lab', { usd: [{ hard: 10 }, { hard: 5, tool: 'fold' as never }], calls: 3 }),
      allowed('a', { usd: 4 }),
      completed('a', { usd: 1 }),
      allowed('b', { usd: 2 }),
    );

  it('the first publish that reads balances: all of them, as of the publish', () => {
    const [first, ...others] = running().stated(published());
    expect(first).toMatchObject({ asOf: 5, at: 1_000 });
    expect(first?.limits).toEqual([
      usd(10, 3),
      usd(5, 0, { tool: 'fold' }),
      { account: 'lab', unit: 'calls', limit: '3000000', used: '2000000' },
    ]);
    expect(others).toEqual([]);
  });
  it('watched: a hold is stated with it, its end for itself, and only what changed', () => {
    const lab = running();
    lab.after(published());
    const answers = lab.after(allowed('c', { usd: 1 }));
    expect(answers.map(({ type }) => type)).toEqual(['budget.reserved', 'budget.stated']);
    expect(lab.stated(completed('c', { usd: 1, calls: 1 }))).toMatchObject([
      { asOf: 7, limits: [usd(10, 4), { unit: 'calls', used: '3000000' }] },
    ]);
  });
  it('watched: the end of a run that changes nothing is stated too, because calls wait for it', () => {
    const lab = running();
    lab.after(published());
    expect(lab.stated(completed('ghost', { usd: 1 }))).toEqual([{ asOf: 6, at: 1_000, limits: [] }]);
  });
  it('a definition: the whole account anew; a retirement: nothing of it any more', () => {
    const lab = running();
    lab.after(published());
    expect(lab.stated(account('lab', { usd: 20 }))).toMatchObject([{ asOf: 6, limits: [usd(20, 3)] }]);
    expect(lab.stated(retired('lab'))).toMatchObject([{ asOf: 7, limits: [] }]);
    expect(lab.stated(completed('b', { usd: 2 }))).toMatchObject([{ asOf: 8, limits: [] }]);
  });
  it('the same publish again: nothing new; one that does not read balances: silence', () => {
    const lab = running();
    lab.after(published());
    expect(lab.stated(published())).toEqual([]);
    expect(lab.stated(silent, allowed('c', { usd: 1 }), completed('c', { usd: 1 }))).toEqual([]);
    expect(lab.stated(published())).toMatchObject([{ limits: [usd(10, 4), {}, {}] }]);
  });
});

describe('storage', () => {
  it('an output that is stored, and given back', () => {
    const lab = new Ledger(account('lab', { storage: 100 }), published());
    lab.after(allowed('a', {}));
    const ended = completed('a', {}, { outputRef: { digest: 'sha256:11', bytes: 40 } });
    expect(lab.stated(ended)).toMatchObject([{ limits: [{ unit: 'storage', used: '40000000' }] }]);
    const removed = fact('payload.removed', { digest: 'sha256:11' });
    expect(lab.stated(removed)).toMatchObject([{ limits: [{ unit: 'storage', used: '0' }] }]);
  });
});

describe('windows', () => {
  const statedAt = (limits: Parameters<typeof account>[1]) =>
    new Ledger(
      at(BEGIN, account('lab', limits)),
      at(BEGIN, published()),
      at(BEGIN, allowed('a', { usd: 6 })),
    );

  it('of the calendar: says what is free again when it ends, and states nothing then', () => {
    const lab = statedAt({ usd: { hard: 10, per: 'hour' } });
    const fall = { at: Date.parse('2026-03-10T11:00:00Z'), amount: '5000000' };
    const ended = at('2026-03-10T10:20:00Z', completed('a', { usd: 5 }));
    expect(lab.stated(ended)).toMatchObject([
      { limits: [usd(10, 5, { window: 'hour UTC', falls: [fall] })] },
    ]);
    expect(answersOf(lab.state, Date.parse('2026-03-10T12:00:00Z'))).toEqual([]);
  });
  it('of the calendar: a debt is repaid window by window', () => {
    const lab = statedAt({
      usd: { hard: 10, per: 'day', soft: 0.2, overdraft: 'recorded', undeclared: 'allowed' },
    });
    const over = at(BEGIN, allowed('b', { usd: 7 }, 'lab', undefined, { justification: 'why' }));
    lab.after(over);
    const [, told] = lab.stated(at(BEGIN, completed('a', { usd: 0 })), at(BEGIN, completed('b', { usd: 7 })));
    const day = (date: number, amount: string) => ({ at: Date.UTC(2026, 2, date), amount });
    expect(told?.limits[0]?.falls).toEqual([
      day(11, '2000000'),
      day(12, '2000000'),
      day(13, '2000000'),
      day(14, '1000000'),
    ]);
  });
  it('that roll: each part leaves by itself, and what was told of older parts is not told again', () => {
    const lab = statedAt({ usd: { hard: 20, rollingMinutes: 60 } });
    const part = (minutes: number, amount: string) => ({ at: Date.parse(BEGIN) + minutes * 60_000, amount });
    lab.after(at('2026-03-10T10:05:30Z', completed('a', { usd: 1 })));
    lab.after(at('2026-03-10T10:07:00Z', allowed('b', { usd: 3 })));
    expect(lab.stated(at('2026-03-10T10:09:10Z', completed('b', { usd: 2 })))).toMatchObject([
      { limits: [usd(20, 3, { falls: [part(66, '1000000'), part(70, '2000000')] })] },
    ]);
    lab.after(at('2026-03-10T10:09:20Z', allowed('c', { usd: 3 })));
    expect(lab.stated(at('2026-03-10T10:09:40Z', completed('c', { usd: 4 })))).toMatchObject([
      { limits: [usd(20, 7, { falls: [part(70, '6000000')] })] },
    ]);
    const wider = at('2026-03-10T10:10:00Z', account('lab', { usd: { hard: 30, rollingMinutes: 60 } }));
    expect(lab.stated(wider)).toMatchObject([
      { limits: [usd(30, 7, { falls: [part(66, '1000000'), part(70, '6000000')] })] },
    ]);
  });
});

describe('many at once', () => {
  it('a loaded budget: states once for many answers, yet not behind all of them', () => {
    const lab = new Ledger(account('lab', { usd: 1_000 }), published());
    for (let call = 0; call < 3 * MAX_ANSWERS_UNSTATED; call++)
      lab.arrives(allowed(`call-${call}`, { usd: 1 }));
    const places = answersOf(lab.state, 1_000).flatMap(({ type }, place) =>
      type === 'budget.stated' ? [place] : [],
    );
    expect(places.length).toBeGreaterThan(2);
    expect(places.length).toBeLessThan(5);
    expect(places.at(-1)).toBe(3 * MAX_ANSWERS_UNSTATED + places.length - 1);
  });
  it('many accounts: several facts, of which the last says that it is the last', () => {
    const paths = Array.from({ length: 2 * MAX_STATED + 1 }, (_, index) => `p${index}`);
    const lab = new Ledger(...paths.map((path) => account(path, { usd: 1 })));
    const parts = lab.stated(published());
    expect(parts.map(({ limits, more }) => [limits.length, more])).toEqual([
      [MAX_STATED, true],
      [MAX_STATED, true],
      [1, undefined],
    ]);
  });
});

describe('a restart', () => {
  it('in the middle of everything: states the same as if there had been none', () => {
    const facts = [
      at(BEGIN, account('lab', { usd: [{ hard: 50, rollingMinutes: 60 }, { hard: 90 }] })),
      at(BEGIN, published()),
      at(BEGIN, allowed('a', { usd: 5 })),
      at(BEGIN, allowed('b', { usd: 5 })),
      at('2026-03-10T10:05:30Z', completed('a', { usd: 1 })),
      at('2026-03-10T10:09:30Z', completed('b', { usd: 2 })),
    ];
    const [whole, restarted] = [new Ledger(), new Ledger()];
    for (const one of facts) {
      for (const lab of [whole, restarted]) lab.arrives(one);
      const text = JSON.stringify(budget.snapshot(restarted.state));
      restarted.state = budget.restore(JSON.parse(text));
      expect(JSON.stringify(budget.snapshot(restarted.state))).toBe(text);
      // Half of the answers before the next restart.
      for (const lab of [whole, restarted]) {
        const [first] = budget.react(lab.state, one.at, undefined);
        if (first) budget.evolve(lab.state, { ...first, origin: 'budget', seq: 0, at: one.at });
      }
    }
    expect(answersOf(restarted.state, facts.at(-1)?.at)).toEqual(answersOf(whole.state, facts.at(-1)?.at));
    expect(balances(restarted.state, 'acme' as TenantId, 0)).toHaveLength(2);
  });
});
