/** SIGKILL of any one service in the middle of the campaign, then a restart: the campaign ends as if nothing had happened. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Checker } from '../simulation/checker.ts';
import { runCampaign, settled, starts } from './campaign.ts';
import type { CampaignResult } from './campaign.ts';

let undisturbed: CampaignResult;

beforeAll(async () => {
  undisturbed = await runCampaign(() => Promise.resolve());
});

describe.each(['policy', 'budget', 'scheduler', 'executor', 'audit'] as const)(
  'the campaign with %s killed',
  (service) => {
    it('ends with the same outcomes, runs nothing irreversible twice, and its budget is what was settled', async () => {
      const result = await runCampaign(async (suite) => {
        await suite.kill(service);
        await suite.restart(service);
      });
      expect(result.outcomes).toEqual(undisturbed.outcomes);
      expect([...starts(result.facts).values()].filter((count) => count > 1)).toEqual([]);
      expect(result.orders).toBe(undisturbed.orders);
      expect(result.orders).toBeGreaterThan(0);
      const sums = settled(result.facts);
      for (const [account, spent] of Object.entries(result.spent))
        expect(spent, account).toBe(sums[account] ?? 0n);
      const verdict = new Checker().judgeFacts(result.facts);
      expect(verdict).toMatchObject({ violations: [], open: [] });
    });
  },
);
