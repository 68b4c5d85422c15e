import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCommit } from '@writ/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-workflow-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  suite = new ScriptedSuite();
});

const VIEW = {
  run: 'r1',
  agent: 'ada',
  workflow: 'stock',
  status: 'open',
  nodes: {
    decide: { status: 'accepted', attempt: 3, routedTo: 'buy' },
    buy: { status: 'person', attempt: 2, feedback: 'call the action tool' },
  },
  failures: [],
};

describe('writ workflow', () => {
  it('status: tells where each node stands, also to a program', async () => {
    suite.answer('policy.run', { run: VIEW });
    expect(await suite.run('workflow', 'status', 'r1')).toBe(0);
    expect(suite.out).toMatch(
      /run r1: open\n.*\ndecide +accepted +3 +-> buy\nbuy +person +2 +call the action tool/,
    );
    await suite.run('--json', 'workflow', 'status', 'r1');
    expect(JSON.parse(suite.out)).toEqual(VIEW);
  });

  it('status of a run that nobody knows: says how to find one', async () => {
    suite.answer('policy.run', {});
    expect(await suite.run('workflow', 'status', 'r9')).toBe(2);
    expect(suite.err).toContain('no run is named "r9"');
  });

  it('runs: lists those that are open', async () => {
    const run = {
      run: 'r1',
      workflow: 'stock',
      project: 'p',
      agent: 'ada',
      accepted: 1,
      nodes: 3,
      open: ['buy'],
    };
    suite.answer('policy.runs', { runs: [run] });
    expect(await suite.run('workflow', 'runs')).toBe(0);
    expect(suite.out).toMatch(/r1 +stock +p +ada +1 of 3 +buy/);
  });

  it('failures: sums them up with what worked', async () => {
    const fixes = [{ calls: ['get_price', 'conditional_gate'], count: 2 }];
    const failure = {
      nodeType: 'decision',
      tools: ['get_price'],
      reason: 'final-tool',
      count: 5,
      detail: '',
      fixes,
    };
    suite.answer('policy.failures', { failures: [failure] });
    expect(await suite.run('workflow', 'failures', '--project', 'p')).toBe(0);
    expect(suite.out).toMatch(/decision +final-tool +5 +get_price +get_price, conditional_gate \(2\)/);
  });

  it('retry: publishes the ruling of a person, only where somebody waits for it', async () => {
    suite.answer('policy.run', { run: VIEW });
    expect(await suite.run('workflow', 'retry', 'r1', 'buy', '--reason', 'try again')).toBe(0);
    expect(suite.out).toBe('node buy of run r1 is asked once more, says ada');
    const [commit] = suite.ledger.commits;
    expect(commit?.subject).toBe('writ.lab.approvals.ada');
    expect(commit && decodeCommit(commit)).toMatchObject([
      { type: 'node.ruled', data: { run: 'r1', node: 'buy', ruling: 'retry', reason: 'try again' } },
    ]);
    expect(await suite.run('workflow', 'fail', 'r1', 'decide')).toBe(2);
    expect(suite.err).toContain('node "decide" of run "r1" waits for nobody (accepted)');
  });

  it('lint: points at the node, and a broken file at the field', async () => {
    const file = join(folder, 'w.yaml');
    writeFileSync(file, 'name: w\nnodes:\n  - name: decide\n    type: decision\n');
    suite.answer('policy.lint', { problems: [{ code: 'no-route', node: 'decide', message: 'needs edges' }] });
    expect(await suite.run('workflow', 'lint', file)).toBe(2);
    expect(suite.out).toBe(`${file}:3:11: needs edges`);
    writeFileSync(file, 'name: w\nnodes:\n  - name: decide\n    typ: decision\n');
    expect(await suite.run('workflow', 'lint', file)).toBe(2);
    expect(suite.err).toMatch(/w\.yaml:3:5: nodes\.0.*typ/);
  });

  it('plan: gives a workflow for the task', async () => {
    const tool = {
      name: 'get_price',
      description: 'the price',
      class: 'READ_ONLY',
      effects: 'pure',
      roles: ['data'],
      mustBeFinalTool: false,
      patterns: [],
    };
    suite
      .answer('policy.tools', { tools: [tool], nodeTypes: [] })
      .answer('policy.failures', { failures: [] });
    expect(await suite.run('workflow', 'plan', 'what is the price')).toBe(0);
    expect(suite.out).toMatch(/name: fetch\n +type: data/);
  });
});
