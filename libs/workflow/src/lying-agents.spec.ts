import { describe, expect, it } from 'vitest';
import { BROKEN_PROMISES } from '../test/broken-promises.ts';
import { ALL, YES, at, fresh } from '../test/cheating.ts';
import { FALSE_CLAIMS } from '../test/false-claims.ts';
import { World, rulesOf } from '../test/scenario.ts';

describe('an agent that', () => {
  it.each([...FALSE_CLAIMS, ...BROKEN_PROMISES])('%s: is caught by %s', (_cheat, rule, play) => {
    const world = new World();
    world.begin(ALL);
    const answers = play(world);
    expect(rulesOf(answers)).toContain(rule);
    expect(answers.map(({ type }) => type)).not.toContain('contract.accepted');
    expect([...world.state.releases.values()]).toEqual([]);
  });

  it('does none of it: is believed', () => {
    const world = new World();
    world.begin(ALL);
    const order = world.call('place_order', at('act'));
    const price = world.call('get_price', at('fetch'));
    const three = ['get_price', 'get_news', 'get_price'].map((tool) => world.call(tool, at('strict')));
    const answers = [
      ...world.submit('act', 1, { confirmation: { invocation: order } }, [order]),
      ...world.submit('fetch', 1, { data: 95, fetchedAt: fresh(world) }, [price]),
      ...world.submit('strict', 1, { ok: true }, three),
      ...world.submit('decide', 1, { routedTo: 'yes' }, [world.call('conditional_gate', at('decide'), YES)]),
    ];
    expect(answers.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'contract.accepted'));
  });
});
