import { describe, expect, it } from 'vitest';
import { Hopeless, eventually } from './eventually.ts';

describe('a condition', () => {
  it('that holds after some tries: its answer is handed over', async () => {
    let tries = 0;
    const answer = await eventually(() => (++tries < 4 ? undefined : `try ${tries}`), {
      withinMs: 2_000,
      what: 'it counts',
    });
    expect(answer).toBe('try 4');
  });

  it('that throws at first: does not hold yet', async () => {
    let tries = 0;
    const flaky = (): boolean => {
      if (++tries < 3) throw new Error('not listening');
      return true;
    };
    expect(await eventually(flaky, { withinMs: 2_000, what: 'it answers' })).toBe(true);
  });

  it('that never holds: the error says what was waited for and what stood in the way', async () => {
    const never = (): boolean => {
      throw new Error('connection refused');
    };
    await expect(eventually(never, { withinMs: 20, what: 'the server answers' })).rejects.toThrow(
      'within 20 ms it never happened that the server answers: connection refused',
    );
  });

  it('that can never hold any more: fails at once with the cause', async () => {
    const hopeless = (): boolean => {
      throw new Hopeless(new Error('the server died'));
    };
    await expect(eventually(hopeless, { withinMs: 60_000, what: 'it is up' })).rejects.toThrow(
      'the server died',
    );
  });
});
