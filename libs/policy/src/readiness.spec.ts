import { describe, expect, it } from 'vitest';
import { anyPolicy, fold, published, registered } from '../test/scenario.ts';
import type { fact } from '../test/scenario.ts';
import { policy, unready } from './index.ts';

const after = (...facts: ReturnType<typeof fact>[]): string | undefined => {
  const state = policy.initial();
  fold(
    state,
    facts.map((one, index) => ({ ...one, seq: index + 1 })),
  );
  return unready(state);
};

describe('a service', () => {
  it('in an empty cell: ready to be given a catalog', () => expect(after()).toBeUndefined());
  it('with tools and no policies: not ready, and says what to do', () =>
    expect(after(registered('dock'))).toMatch(/no policies are published.*writ apply/));
  it('with an empty bundle: not ready', () =>
    expect(after(registered('dock'), published())).toMatch(/no policies/));
  it('with policies: ready', () => expect(after(registered('dock'), anyPolicy)).toBeUndefined());
  it('one tenant without policies does not hold up the others', () =>
    expect(
      after(anyPolicy, { ...registered('dock'), tenant: 'other' as typeof anyPolicy.tenant }),
    ).toBeUndefined());
});
