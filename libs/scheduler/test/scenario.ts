/** given/when/then over the scheduler, with a snapshot taken and restored after every single fact. */
import { expect } from 'vitest';
import type { Fact, RecordedFact } from '@writ/contracts';
import { scheduler, schedulerWitness } from '../src/index.ts';
import type { SchedulerOffer, SchedulerState } from '../src/index.ts';
import { AGENT, DIGEST, TENANT } from './facts.ts';
import type { OfferedExecutor } from '../src/attempt.ts';

const MOST_ANSWERS = 10_000;
export const NOTHING: SchedulerOffer = { executors: [], silent: [], fresh: [] };

/** An executor that offers `slots`: `e1` with session `s1` in pool `default` unless told otherwise. */
export function executor(slots: number, terms: { executor?: string; session?: string; pool?: string } = {}) {
  return { executor: 'e1', session: 's1', pool: 'default', slots, labels: {}, ...terms } as OfferedExecutor;
}

export function offering(...executors: readonly OfferedExecutor[]): SchedulerOffer {
  return { ...NOTHING, executors };
}

export function silent(name = 'e1', session = 's1'): SchedulerOffer {
  return { ...NOTHING, silent: [{ executor: name, session }] } as unknown as SchedulerOffer;
}

export function fresh(name: string, session: string): SchedulerOffer {
  return { ...NOTHING, fresh: [{ executor: name, session }] } as unknown as SchedulerOffer;
}

export function recorded(answer: Fact, at: number): RecordedFact {
  return { ...answer, origin: 'schedule', seq: 0, at };
}

/** An opening and its alert. */
export function turnedOpen(data: { scope: string; evidence: object; untilMs: number }, tenant = TENANT) {
  const detail = expect.any(String);
  const alert = {
    alert: expect.stringMatching(/^alert-\d+$/),
    kind: 'breaker-opened',
    detail,
    scope: data.scope,
  };
  return [
    { type: 'breaker.opened', tenant, data },
    { type: 'alert.raised', tenant, data: alert },
  ];
}

/** Through JSON and back, as a snapshot travels. */
export function reload(state: SchedulerState): SchedulerState {
  return scheduler.restore(JSON.parse(JSON.stringify(scheduler.snapshot(state))));
}

/** Folds answers until nothing is owed, and returns them. Each is also what the core answers under the offer that it shows. */
export function settle(state: SchedulerState, now: number, offer: SchedulerOffer): Fact[] {
  const all: Fact[] = [];
  while (all.length < MOST_ANSWERS) {
    const answers = scheduler.react(state, now, offer);
    if (answers.length === 0) return all;
    let witnessed: readonly Fact[] = [];
    for (const answer of answers) {
      const fact = recorded(answer, now);
      if (witnessed.length === 0) witnessed = witnessedAnswer(state, fact, now);
      const [again, ...rest] = witnessed;
      const same = JSON.stringify(again) === JSON.stringify(answer);
      if (!same && !schedulerWitness.allows(state, fact)) expect(again, 'decided again').toEqual(answer);
      witnessed = same ? rest : [];
      scheduler.evolve(state, fact);
    }
    all.push(...answers);
  }
  throw new Error('the scheduler never stops answering');
}

function witnessedAnswer(state: SchedulerState, fact: RecordedFact, now: number): readonly Fact[] {
  return scheduler.react(state, now, schedulerWitness.offerFor(state, fact) ?? schedulerWitness.nothing);
}

/** The snapshot as text: equal states have equal text. */
export function text(state: SchedulerState): string {
  return JSON.stringify(scheduler.snapshot(state));
}

type Event = RecordedFact | SchedulerOffer | number;

/** A history: facts, offers (each answered until nothing is owed) and the time in milliseconds. */
export class Scenario {
  readonly #events: readonly Event[];

  constructor(events: readonly Event[]) {
    this.#events = events;
  }

  when(...events: readonly (Event | readonly Event[])[]): Scenario {
    return new Scenario([...this.#events, ...events.flat()]);
  }

  /** The answers to the last event are exactly these. */
  then(...expected: readonly unknown[]): void {
    expect(this.play().answers).toEqual(expected);
  }

  play(): { readonly state: SchedulerState; readonly answers: readonly Fact[] } {
    let state = scheduler.initial();
    let now = 0;
    let offer = NOTHING;
    let answers: Fact[] = [];
    for (const event of this.#events) {
      if (typeof event === 'number') now = event;
      else if ('executors' in event) offer = event;
      else {
        state = scheduler.evolve(state, event);
        offer = NOTHING;
      }
      const again = reload(state);
      expect(text(again)).toBe(text(state));
      answers = settle(state, now, offer);
      expect(settle(again, now, offer)).toEqual(answers);
      expect(text(again)).toBe(text(state));
    }
    return { state, answers };
  }
}

export function given(...events: readonly (Event | readonly Event[])[]): Scenario {
  return new Scenario([]).when(...events);
}

export function dispatched(
  invocation: string,
  { attempt = 1, executor: name = 'e1', session = 's1', tenant = TENANT } = {},
): unknown {
  const data = { invocation, attempt, executor: name, session, argsDigest: DIGEST };
  return { type: 'schedule.dispatched', tenant, data };
}

export function lost(reason: 'silent' | 'new-session', session = 's1', tenant = TENANT): unknown {
  return { type: 'executor.lost', tenant, data: { executor: 'e1', session, reason } };
}

export function cancelled(invocation: string, reason?: string): unknown {
  const data = { invocation, agent: AGENT, ...(reason === undefined ? {} : { reason }) };
  return { type: 'invocation.cancelled', tenant: TENANT, data };
}

export function refused(
  invocation: string,
  reason: 'deadline' | 'breaker-open' | 'approval-expired' | 'approval-revoked',
  rest: object = {},
  tenant = TENANT,
): unknown {
  const numbers =
    reason === 'deadline' ? { deadlineMs: expect.any(Number), expectedRunMs: expect.any(Number) } : {};
  const data = { invocation, agent: AGENT, reason, detail: expect.any(String), ...numbers, ...rest };
  return { type: 'schedule.refused', tenant, data };
}
