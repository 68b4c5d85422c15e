import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionLog, grantKey } from './session-log.ts';

const grant = (invocation: string, attempt = 1) =>
  ({ tenant: 'lab', invocation, attempt }) as Parameters<typeof grantKey>[0];

describe('a session', () => {
  it('holding nothing: takes a grant in once', () => {
    const log = new SessionLog();
    expect(log.accept(grantKey(grant('a')))).toBe(true);
    expect(log.running()).toEqual(['lab/a/1']);
    expect(log.held).toBe(1);
  });

  it('running a grant: ignores it when it is sent again, but not its next attempt', () => {
    const log = new SessionLog();
    log.accept(grantKey(grant('a')));
    expect(log.accept(grantKey(grant('a')))).toBe(false);
    expect(log.accept(grantKey(grant('a', 2)))).toBe(true);
  });

  it('done with a grant: ignores it and says how far it has committed', () => {
    const log = new SessionLog();
    log.accept('lab/a/1');
    log.finished('lab/a/1', 17);
    expect(log.accept('lab/a/1')).toBe(false);
    expect(log.running()).toEqual([]);
    expect(log.asOf).toBe(17);
  });

  it('with commits acknowledged out of order: asOf never falls', () => {
    const log = new SessionLog();
    log.committed(9);
    log.committed(4);
    expect(log.asOf).toBe(9);
  });

  it('that finishes what it never took in: stops with a sentence', () => {
    expect(() => new SessionLog().finished('lab/a/1', 3)).toThrow(
      /lab\/a\/1 finished, but it was not running/,
    );
  });

  it('after an answered pull: forgets only what the scheduler will not send again', () => {
    const log = new SessionLog(0);
    for (const [key, seq] of [
      ['a', 5],
      ['b', 6],
      ['c', 7],
    ] as const) {
      log.accept(key);
      log.finished(key, seq);
    }
    log.answered(6);
    expect(['a', 'b', 'c'].map((key) => log.accept(key))).toEqual([true, true, false]);
  });
});

describe('any schedule of lost replies and re-sent grants', () => {
  /** The scheduler's side: every pull is answered with some of the grants that it still believes to be unfinished. */
  const step = fc.record({ sent: fc.array(fc.nat(19)), finish: fc.array(fc.nat(19)), lost: fc.boolean() });

  it('runs each grant exactly once and never forgets one that may come again', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(3), (steps, kept) => {
        const log = new SessionLog(kept);
        const runs = new Map<string, number>();
        const finishedAt = new Map<string, number>();
        let seq = 0;
        for (const { sent, finish, lost } of steps) {
          const asOf = log.asOf;
          const reply = sent.map((n) => `t/${n}/1`).filter((key) => (finishedAt.get(key) ?? Infinity) > asOf);
          for (const n of finish) {
            const key = `t/${n}/1`;
            if (!log.running().includes(key)) continue;
            finishedAt.set(key, ++seq);
            log.finished(key, seq);
          }
          if (lost) continue;
          for (const key of reply) if (log.accept(key)) runs.set(key, (runs.get(key) ?? 0) + 1);
          log.answered(asOf);
        }
        expect([...runs.values()].every((count) => count === 1)).toBe(true);
      }),
    );
  });
});
