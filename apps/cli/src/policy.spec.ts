import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, policyRule, toolSpec } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;
let folder: string;

const GOVERNANCE = `
tools:
  - name: dock
    class: LOCAL_WRITE
    adapter: { kind: module, module: dock.mjs }
    cost: { node-hours: 1 node-hours * args.atoms }
policies:
  - { name: big, condition: args.atoms > 100, action: deny }
  - { name: huge, condition: args.atoms > 200, action: allow }
  - { name: night, condition: tool.name == "dok", action: deny }
  - { name: few, condition: "true", action: limit, limit: { calls: 2, per: agent, windowSeconds: 60 } }
`;
const CASES = `
cases:
  - { name: big, request: { tool: dock, inputs: { atoms: 150 } }, expect: { verdict: deny, rule: big } }
  - { name: small, request: { tool: dock, inputs: { atoms: 5 } }, expect: { verdict: allow } }
  - { name: three, times: 3, request: { tool: dock, inputs: { atoms: 5 } }, expect: { verdict: deny, rule: few } }
`;

beforeEach(() => {
  suite = new ScriptedSuite();
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-policy-'));
  mkdirSync(join(folder, 'gov'));
  writeFileSync(join(folder, 'gov', 'lab.yaml'), GOVERNANCE);
});

afterEach(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const gov = (): string => join(folder, 'gov');

describe('writ policy check', () => {
  it('rules that can never match or decide: listed, exits 1', async () => {
    expect(await suite.run('policy', 'check', gov())).toBe(1);
    expect(suite.out.split('\n')).toEqual([
      expect.stringMatching(/^POLICY +FINDING +WHY$/),
      expect.stringMatching(/^huge +shadowed +never decides: every call that it matches is denied by "big"$/),
      expect.stringMatching(/^night +unreachable +no registered tool has tool\.name == "dok"$/),
      '4 policies checked: 2 to look at',
    ]);
  });
  it('a mistake: told at its place, exits 2', async () => {
    writeFileSync(join(folder, 'gov', 'lab.yaml'), GOVERNANCE.replace('args.atoms > 100', 'tool.cots > 1'));
    expect(await suite.run('policy', 'check', gov())).toBe(2);
    expect(suite.err).toMatch(/lab\.yaml:8:34: tool has no field "cots"; did you mean "cost"\?/);
  });
});

describe('writ policy test', () => {
  it('cases that pass: exits 0, and tells what no case covers', async () => {
    expect(await suite.run('policy', 'test', file('cases.yaml', CASES), '-f', gov())).toBe(0);
    expect(suite.out).toMatch(/3 of 3 cases pass, 2 of 4 rules are covered; no case matches huge, night$/);
  });
  it('a case that fails: shows what was decided, exits 1', async () => {
    const wrong = CASES.replace('verdict: allow', 'verdict: require-approval');
    expect(await suite.run('policy', 'test', file('cases.yaml', wrong), '-f', gov())).toBe(1);
    expect(suite.out).toMatch(/^FAIL +small +require-approval +allow by few$/m);
  });
  it('a case file with a mistake: exits 2', async () => {
    expect(await suite.run('policy', 'test', file('cases.yaml', 'cases: [{ nam: x }]'), '-f', gov())).toBe(2);
    expect(suite.err).toMatch(/cases\.yaml: .*nam/s);
  });
});

describe('writ policy explain', () => {
  it('a request in a file: each rule, each operand', async () => {
    const request = file('request.yaml', '{ tool: dock, agent: ada, inputs: { atoms: 150 } }');
    expect(await suite.run('policy', 'explain', request, '-f', gov())).toBe(0);
    expect(suite.out).toMatch(/^dock for ada in default: deny\n {2}big \(permission\): /);
    expect(suite.out).toMatch(/remedy: set "atoms" to at most 100 \(it is 150\)/);
    expect(suite.out).toMatch(
      /✓ big: deny, matched\n {2}args\.atoms > 100 = true\n {2}└─ args\.atoms = 150\n/,
    );
    expect(suite.out).toMatch(/· huge: allow, not matched\n {2}args\.atoms > 200 = false/);
  });
});

/** A ledger with three calls that were decided by a bundle of one rule. */
async function recordPast(): Promise<void> {
  const tool = toolSpec.parse({
    name: 'dock',
    class: 'LOCAL_WRITE',
    adapter: { kind: 'module', module: 'dock.mjs' },
    cost: { 'node-hours': '1 node-hours * args.atoms' },
  });
  const policies = [policyRule.parse({ name: 'old', condition: 'args.atoms > 1000', action: 'deny' })];
  const bundle = digestOf(policies);
  const record = (type: string, subject: string, data: unknown) =>
    suite.recorded({ type, tenant: LAB, data } as unknown as Fact, `writ.lab.${subject}`);
  await record('tool.registered', 'catalog', { tool });
  await record('policy.published', 'catalog', { bundle, policies });
  for (const [index, atoms] of [50, 150, 2_000].entries()) {
    const call = { invocation: `call-${index}`, tool: 'dock', inputs: { atoms } };
    await record('tool.requested', 'requests.ada', { project: 'p', priority: 'normal', calls: [call] });
    await record('policy.decided', 'decisions', {
      invocation: call.invocation,
      agent: 'ada',
      tool: 'dock',
      argsDigest: digestOf(call.inputs),
      verdict: atoms > 1_000 ? 'deny' : 'allow',
      project: 'p',
      ceiling: {},
      rules: [],
      bundle,
      catalogRevision: 2,
    });
  }
}

describe('writ policy on a ledger', () => {
  it('explain: a recorded call under the rules of its time', async () => {
    await recordPast();
    expect(await suite.run('policy', 'explain', 'call-2')).toBe(0);
    expect(suite.out).toMatch(
      /^dock for ada in p: deny\n[^]*✓ old: deny, matched\n {2}args\.atoms > 1000 = true/,
    );
  });
  it('explain: a call that nobody asked for exits 2', async () => {
    expect(await suite.run('policy', 'explain', 'ghost')).toBe(2);
    expect(suite.err).toBe('writ: no recorded call of lab begins with "ghost"');
  });
  it('backtest: what would change, by rule, with examples', async () => {
    await recordPast();
    writeFileSync(
      join(folder, 'gov', 'lab.yaml'),
      'groups: { pi: [grace] }\npolicies:\n  - { name: big, condition: args.atoms > 100 AND args.atoms < 1000, action: deny }\n' +
        '  - { name: ask, condition: args.atoms >= 1000, action: require-approval, approval: { approvers: [pi] } }\n',
    );
    expect(await suite.run('policy', 'backtest', '--policies', gov())).toBe(0);
    expect(suite.out).toMatch(/^3 recorded calls decided again \(.* a second\), 1 as before/);
    expect(suite.out).toMatch(
      /newly denied: 1 \(big 1\)\n.*\ncall-1 +dock +ada +allow -> deny +policy "big" denies/,
    );
    expect(suite.out).toMatch(/newly sent to people: 1 \(ask 1\)/);
    expect(suite.out).toMatch(/APPROVALS A DAY +BEFORE +AFTER\npi +0\.0 +1\.0/);
  });
  it('backtest: a time that cannot be read exits 2', async () => {
    expect(await suite.run('policy', 'backtest', '--policies', gov(), '--since', 'monday')).toBe(2);
    expect(suite.err).toMatch(/like 30m, 12h or 7d/);
  });
});
