/** Calls with requirements: where they may run, calls of several nodes, and what fills the gaps before them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import { TENANT, asked, cleared, completed, tool } from '../test/facts.ts';
import { dispatched, executor, given, offering, recorded } from '../test/scenario.ts';
import { grantDetails, scheduler } from './index.ts';
import type { OfferedExecutor } from './attempt.ts';

const SMALL = tool('small', { class: 'READ_ONLY', timeoutSeconds: 10 });
const LONG = tool('long', { class: 'READ_ONLY', timeoutSeconds: 1_000 });
const GANG = tool('gang', { class: 'READ_ONLY', timeoutSeconds: 100, requires: { nodes: 2 } });
const GPU = tool('gpu', { class: 'READ_ONLY', requires: { gpus: 2, memoryGb: 16, labels: { zone: 'x' } } });

function ready(id: string, name: string) {
  return [asked([{ invocation: id, tool: name }]), ...cleared(id)];
}

function nodes(count: number, slots = 1): OfferedExecutor[] {
  return Array.from({ length: count }, (_, index) => executor(slots, { executor: `e${index + 1}` }));
}

describe('a call that needs GPUs, memory and a label', () => {
  const big = (terms: object) => ({ ...executor(8), gpus: 4, memoryGb: 64, labels: { zone: 'x' }, ...terms });
  const one = given(GPU, SMALL, ...ready('g', 'gpu'));

  it.each([
    ['too few GPUs', { gpus: 1 }],
    ['too little memory', { memoryGb: 8 }],
    ['another label', { labels: { zone: 'y' } }],
    ['nothing but slots', { gpus: undefined, memoryGb: undefined }],
  ])('and an executor with %s: waits, and holds up nobody else', (_, terms) => {
    const offer = offering(big(terms));
    one.when(offer).then();
    one.when(...ready('s', 'small'), offer).then(dispatched('s'));
  });
  it('and one that has all: runs, as many as fit', () =>
    one
      .when(...ready('g2', 'gpu'), ...ready('g3', 'gpu'), offering(big({})))
      .then(dispatched('g'), dispatched('g2')));
});

describe('a call of two nodes', () => {
  const gang = given(GANG, SMALL, LONG, ...ready('g', 'gang'));

  it('and two free executors: starts on both at once, and its executor is told', () => {
    const { state, answers } = gang.when(offering(...nodes(2))).play();
    expect(answers).toHaveLength(1);
    expect(answers[0]?.data).toMatchObject({ executor: 'e1', beside: [{ executor: 'e2', session: 's1' }] });
    expect(grantDetails(state, TENANT as TenantId, 'g' as InvocationId)?.nodes).toEqual(['e1', 'e2']);
  });
  it('and one: waits', () => gang.when(offering(...nodes(1))).then());
  it('that runs: takes a slot of both until it has ended', () => {
    const runs = gang.when(offering(...nodes(2)), ...ready('s', 'small'));
    runs.when(offering(...nodes(2))).then();
    expect(runs.when(completed('g'), offering(...nodes(2))).play().answers).toMatchObject([
      { type: 'schedule.dispatched', data: { invocation: 's' } },
    ]);
  });

  describe('that waits for one of its nodes', () => {
    // A long call holds e1 until 1,000 s; the gang is next and has e1 and e2 reserved from then on.
    const waits = given(GANG, SMALL, LONG, ...ready('l', 'long'), offering(...nodes(2)))
      .when(...ready('g', 'gang'))
      .when(offering(...nodes(2)));

    it('lets a call run that has ended by then', () =>
      waits.when(...ready('s', 'small'), offering(...nodes(2))).then(dispatched('s', { executor: 'e2' })));
    it('keeps one out that would not', () =>
      waits.when(...ready('l2', 'long'), 1_000, offering(...nodes(2))).then());
    it('lets that one run where it is not in the way', () =>
      waits
        .when(...ready('l2', 'long'), 1_000, offering(...nodes(3)))
        .then(expect.objectContaining({ data: expect.objectContaining({ invocation: 'g' }) as object })));
  });
});

describe('any mix of calls of one and of several nodes', () => {
  it('the first that has to wait starts no later than was reckoned when it became the first', () => {
    const job = fc.record({
      nodes: fc.integer({ min: 1, max: 4 }),
      seconds: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(job, { minLength: 5, maxLength: 25 }), (jobs) => {
        const machine = new Exact(4);
        for (const [index, { nodes: wide, seconds }] of jobs.entries()) machine.ask(index, wide, seconds);
        machine.drain();
        expect(machine.started).toBe(jobs.length);
      }),
      { numRuns: 150 },
    );
  });
});

/** Executors of one slot that run every call for exactly as long as its timeout. */
class Exact {
  readonly #state = scheduler.initial();
  readonly #offer;
  readonly #jobs: { readonly nodes: number; readonly seconds: number }[] = [];
  readonly #ends = new Map<number, number>();
  #promise: { readonly job: number; readonly at: number } | undefined;
  #now = 0;
  started = 0;

  constructor(size: number) {
    this.#offer = offering(...nodes(size));
  }

  ask(index: number, wide: number, seconds: number): void {
    this.#jobs.push({ nodes: wide, seconds });
    const terms = { class: 'READ_ONLY', timeoutSeconds: seconds, requires: { nodes: wide } };
    for (const one of [tool(`t${index}`, terms), ...ready(`j${index}`, `t${index}`)])
      scheduler.evolve(this.#state, one);
  }

  drain(): void {
    for (;;) {
      this.#dispatch();
      if (this.#ends.size === 0) return;
      this.#now = Math.min(...this.#ends.values());
      for (const [job, end] of this.#ends) if (end === this.#now) this.#complete(job);
    }
  }

  #dispatch(): void {
    for (;;) {
      const facts = scheduler.react(this.#state, this.#now * 1_000, this.#offer);
      for (const one of facts) {
        scheduler.evolve(this.#state, recorded(one, this.#now * 1_000));
        if (one.type === 'schedule.dispatched') this.#start(Number(one.data.invocation.slice(1)), one.data);
      }
      if (facts.length === 0) break;
    }
    const first = this.#jobs.findIndex((_, job) => !this.#grants.has(job));
    if (first >= 0 && this.#promise?.job !== first) this.#promise = { job: first, at: this.#reckon(first) };
  }

  readonly #grants = new Map<number, { readonly attempt: number; readonly executor: string }>();

  #start(job: number, grant: { readonly attempt: number; readonly executor: string }): void {
    if (this.#promise?.job === job) expect(this.#now, `job ${job}`).toBeLessThanOrEqual(this.#promise.at);
    this.#grants.set(job, grant);
    this.#ends.set(job, this.#now + (this.#jobs[job]?.seconds ?? 0));
    this.started++;
  }

  #complete(job: number): void {
    this.#ends.delete(job);
    const { attempt = 1, executor: name = 'e1' } = this.#grants.get(job) ?? {};
    scheduler.evolve(this.#state, completed(`j${job}`, { attempt, executor: name }));
  }

  /** When enough nodes are free for a job if nothing else started. */
  #reckon(job: number): number {
    let free = 4 - [...this.#ends.keys()].reduce((sum, one) => sum + (this.#jobs[one]?.nodes ?? 0), 0);
    for (const [one, end] of [...this.#ends].sort((a, b) => a[1] - b[1])) {
      free += this.#jobs[one]?.nodes ?? 0;
      if (free >= (this.#jobs[job]?.nodes ?? 0)) return end;
    }
    return this.#now;
  }
}
