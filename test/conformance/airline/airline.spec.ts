/** The airline's rules over what agents really did: who is stopped, and who never is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFolder, requireCatalog } from '@writ/catalog';
import { REPOSITORY } from '@writ/testkit';
import Table from 'cli-table3';
import { describe, expect, it } from 'vitest';
import { replay } from './replay.ts';
import type { DecidedStep, RecordedStep } from './replay.ts';

const DATA = join(REPOSITORY, '..', 'shared', 'data', 'tau-bench-airline-gpt-4o.jsonl.gz');
const LEAST_STOPPED_SHARE = 0.25;

interface Conversation {
  readonly passed: boolean;
  readonly steps: readonly DecidedStep[];
}

async function conversations(): Promise<readonly Conversation[]> {
  const catalog = requireCatalog(await readFolder(join(import.meta.dirname, 'governance')));
  const lines = gunzipSync(readFileSync(DATA)).toString('utf8').trim().split('\n');
  const steps = lines.map((line) => JSON.parse(line) as RecordedStep);
  const groups = Map.groupBy(steps, ({ task, trial }) => `${task}/${trial}`);
  return [...groups.values()].map((recorded) => ({
    passed: recorded[0]?.reward === 1,
    steps: replay(catalog, recorded),
  }));
}

const isDenied = ({ decided }: DecidedStep): boolean => decided.verdict === 'deny';
const isAsked = ({ decided }: DecidedStep): boolean => decided.verdict === 'require-approval';

/** The rule that stopped a call or sent it to people. */
function decidingRule({ decided }: DecidedStep): string {
  const asking = decided.rules.find(({ action }) => action === 'require-approval');
  return decided.denial?.rule ?? asking?.policy ?? '';
}

/** Rows of rule, verdict, then calls of passing and failing conversations, and how many of those it meets. */
function summary(all: readonly Conversation[]): string {
  const table = new Table({
    head: ['rule', 'verdict', 'writes, passing', 'writes, failing', 'failing conversations'],
    style: { head: [], border: [] },
  });
  const met = (rule: string, passed: boolean) =>
    all
      .filter((one) => one.passed === passed)
      .map(({ steps }) => steps.filter((step) => decidingRule(step) === rule).length);
  const shadow = (rule: string, passed: boolean) =>
    all
      .filter((one) => one.passed === passed)
      .map(
        ({ steps }) =>
          steps.filter(({ decided }) =>
            decided.rules.some((one) => one.policy === rule && one.mode === 'shadow'),
          ).length,
      );
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  const verdicts = new Map<string, string>();
  for (const { steps } of all) {
    for (const step of steps) {
      if (isDenied(step) || isAsked(step)) verdicts.set(decidingRule(step), step.decided.verdict);
      for (const { policy: name, mode } of step.decided.rules)
        if (mode === 'shadow') verdicts.set(name, 'shadow');
    }
  }
  for (const [rule, verdict] of verdicts) {
    const count = verdict === 'shadow' ? shadow : met;
    const failing = count(rule, false);
    table.push([
      rule,
      verdict,
      sum(count(rule, true)),
      sum(failing),
      failing.filter((calls) => calls > 0).length,
    ]);
  }
  return table.toString();
}

describe.skipIf(!existsSync(DATA))('recorded conversations under the airline bundle', async () => {
  const all = existsSync(DATA) ? await conversations() : [];
  const failing = all.filter(({ passed }) => !passed);
  const stopped = failing.filter(({ steps }) => steps.some((step) => isDenied(step) || isAsked(step)));

  it('no call of a conversation that passed is denied', () => {
    const passing = all.filter(({ passed }) => passed);
    console.info(summary(all));
    const asked = passing.flatMap(({ steps }) => steps.filter(isAsked)).length;
    const share = Math.round((100 * stopped.length) / failing.length);
    console.info(
      `passing: ${passing.length} conversations, 0 calls denied, ${asked} sent to a person; ` +
        `failing: ${stopped.length} of ${failing.length} (${share} %) with a call denied or sent to a person`,
    );
    expect(passing.flatMap(({ steps }) => steps.filter(isDenied))).toEqual([]);
  });
  it('at least a quarter of those that failed is stopped or sent to a person', () =>
    expect(stopped.length / failing.length).toBeGreaterThanOrEqual(LEAST_STOPPED_SHARE));
  it('each of them says which rule, with the values that made it match', () => {
    for (const { steps } of stopped) {
      for (const step of steps.filter((one) => isDenied(one) || isAsked(one))) {
        const rule = step.decided.rules.find(({ policy: name }) => name === decidingRule(step));
        expect(rule?.because).toMatch(/ = /);
      }
    }
  });
});

describe.skipIf(existsSync(DATA))('recorded conversations', () => {
  it(`are not on this machine (${DATA}): nothing to replay`, () => undefined);
});
