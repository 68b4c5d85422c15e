/**
 * The ageing bound: once a call without a deadline has waited for `AGEING_BOUND_SECONDS`, urgency is nothing any more,
 * and only its account's share and the calls before it in its own campaign decide. With streams of the most urgent calls
 * in every project, of one length, that is one grant for each project and call of its own before it.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { asked, cleared, completed, tool } from '../test/facts.ts';
import { executor, offering, recorded, reload, text } from '../test/scenario.ts';
import { scheduler } from './index.ts';
import { AGEING_BOUND_SECONDS } from './limits.ts';

const RUN_MS = 5_000;
const ONE = offering(executor(1));

it('background calls under streams of urgent ones: each runs within its bound', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 0, max: 1_000 })), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      (projects, background, streams) => {
        let state = scheduler.initial();
        let now = 0;
        let named = 0;
        const tell = (...facts: Parameters<typeof scheduler.evolve>[1][]) => {
          for (const one of facts) scheduler.evolve(state, { ...one, at: now });
        };
        const ask = (id: string, project: number, priority: number) =>
          tell(asked([id], { project: `p${project % projects}`, priority }), ...cleared(id));
        tell(tool('read', { class: 'READ_ONLY' }));
        for (const [index, [project, priority]] of background.entries()) ask(`b${index}`, project, priority);
        let overdueGrants = 0;
        const left = new Set(background.keys());
        // Every project has its turn for each call, once for what ran before, and one grant is made before anybody looks.
        const most = projects * (background.length + 2) + 1;
        while (left.size > 0) {
          for (let project = 0; project < projects; project++)
            for (let stream = 0; stream < streams; stream++) ask(`u${named++}`, project, 0);
          const [grant] = scheduler.react(state, now, ONE);
          if (grant?.type !== 'schedule.dispatched') return expect.fail('somebody can always run');
          scheduler.evolve(state, recorded(grant, now));
          if (now / 1_000 >= AGEING_BOUND_SECONDS) overdueGrants++;
          const { invocation } = grant.data;
          if (invocation.startsWith('b')) left.delete(Number(invocation.slice(1)));
          expect(overdueGrants, `${left.size} still wait`).toBeLessThanOrEqual(most);
          now += RUN_MS;
          tell(completed(invocation, { ms: RUN_MS }));
        }
        expect(text(reload(state))).toBe(text(state));
        state = reload(state);
      },
    ),
    { numRuns: 40 },
  );
});
