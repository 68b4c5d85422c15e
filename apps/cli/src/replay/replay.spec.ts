/** `writ replay` over a ledger that real hosts wrote into the memory of the suite. */
import { budget } from '@writ/budget';
import { digestOf, encodeEvent, policyRule, subjects, toolSpec } from '@writ/contracts';
import type { AgentId, Decider, Fact } from '@writ/contracts';
import { gatedPolicy } from '@writ/decisions';
import { DeciderHost, soleLease } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedSuite } from '../../test/scripted-suite.ts';

const NOW = 1_700_000_000_000;
const TOOL = toolSpec.parse({
  name: 'dock',
  class: 'READ_ONLY',
  adapter: { kind: 'module', module: 'x.mjs' },
});
const RULE = policyRule.parse({ name: 'small', condition: 'args.atoms < 10', action: 'allow' });

let suite: ScriptedSuite;

beforeEach(async () => {
  suite = new ScriptedSuite();
  const catalog = subjects.catalog(LAB);
  await suite.recorded({ type: 'tool.registered', tenant: LAB, data: { tool: TOOL } }, catalog);
  const published = { bundle: digestOf([RULE]), policies: [RULE] };
  await suite.recorded(
    { type: 'policy.published', tenant: LAB, data: published } as unknown as Fact,
    catalog,
  );
  for (const invocation of ['c1', 'c2']) {
    const calls = [{ invocation, tool: 'dock', inputs: { atoms: 3 } }];
    const data = { calls, project: 'p', priority: 'normal' };
    const event = encodeEvent(
      { type: 'tool.requested', tenant: LAB, data } as unknown as Fact,
      invocation,
      'test',
      '',
    );
    const subject = subjects.requests(LAB, 'ada' as AgentId);
    await suite.ledger.append({ subject, data: Buffer.from(event), id: invocation });
  }
  await decided(gatedPolicy);
  await decided(budget);
});

/** Everything that a service owes. */
async function decided<State>(decider: Decider<State>): Promise<void> {
  const host = new DeciderHost({
    decider,
    ledger: suite.ledger,
    lease: soleLease,
    holder: decider.name,
    now: () => NOW,
    offer: () => undefined,
    tickMs: 0,
    renewMs: 0,
  });
  await host.start();
  for (let left = 50; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  await host.stop();
}

/** Somebody writes another verdict into the ledger. */
function flipVerdict(): number {
  const commits = suite.ledger.commits as LedgerCommit[];
  const index = commits.findIndex(
    ({ subject, data }) => subject.endsWith('.decisions') && text(data).includes('policy.decided'),
  );
  const commit = commits[index] as LedgerCommit;
  commits[index] = {
    ...commit,
    data: Buffer.from(text(commit.data).replace('"verdict":"allow"', '"verdict":"deny"')),
  };
  return commit.seq;
}

function text(data: Uint8Array): string {
  return Buffer.from(data).toString();
}

describe('writ replay', () => {
  it('of an untouched ledger: says that it is identical', async () => {
    expect(await suite.run('replay')).toBe(0);
    expect(suite.out).toMatch(/^SERVICE +FOLD +SAME +POSSIBLE +CUT SHORT +DIFFERENT$/m);
    expect(suite.out).toMatch(/^policy +\d+ +2 +0 +0 +0$/m);
    expect(suite.out).toMatch(
      /^identical: 4 decisions in \d+ commits, up to ledger sequence \d+, in \d+\.\d s$/m,
    );
  });

  it('of a changed verdict: exits 1, and shows both with what led to them', async () => {
    const seq = flipVerdict();
    expect(await suite.run('replay')).toBe(1);
    const lines = suite.out.split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(
        new RegExp(`^sequence ${seq} policy, tenant lab: policy.decided is decided otherwise now$`),
      ),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}decided .* with facts up to \d+, catalog of 2, by fold version \d+$/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}recorded {2}policy.decided .*"verdict":"deny"/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}replayed {2}policy.decided .*"verdict":"allow"/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}from .* 3 tool.requested +c1/));
  });

  it('as JSON, of one service, up to a sequence: holds what a program needs', async () => {
    const seq = flipVerdict();
    expect(await suite.run('replay', '--service', 'policy', '--to', String(seq), '--json')).toBe(1);
    expect(JSON.parse(suite.out)).toMatchObject({
      asOf: seq,
      different: 1,
      services: [{ service: 'policy', differences: 1 }],
      differences: [{ kind: 'changed', seq, from: [{ type: 'tool.requested', seq: 3 }], catalog: 2 }],
    });
  });

  it('of a service that decides nothing, or up to nowhere: exits 2', async () => {
    expect(await suite.run('replay', '--service', 'audit')).toBe(2);
    expect(await suite.run('replay', '--to', '0')).toBe(2);
  });
});
