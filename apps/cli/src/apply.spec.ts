import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeCommit } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB, ScriptedSuite } from '../test/scripted-suite.ts';

let suite: ScriptedSuite;
let folder: string;

beforeEach(() => {
  suite = new ScriptedSuite();
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const GOVERNANCE = `tools:
  - { name: synthesize, class: DESTRUCTIVE, adapter: { kind: module, module: s.js } }
policies:
  - { name: no-synthesis, condition: tool.destructive AND env.production, action: deny }
budgets:
  - { account: lab/screening, limits: { usd: 20 } }
environment: { production: true }
`;

function governance(text: string): void {
  writeFileSync(join(folder, 'governance.yaml'), text);
}

function factTypes(): string[] {
  return suite.ledger.commits.flatMap((commit) => decodeCommit(commit).map(({ type }) => type));
}

describe('writ apply', () => {
  it('in an empty tenant: publishes everything in one commit and shows what', async () => {
    governance(GOVERNANCE);
    suite.answer('policy.catalog', { policies: ['no-synthesis'], tools: [], revision: 1 });
    expect(await suite.run('apply', '-f', folder)).toBe(0);
    expect(suite.ledger.commits).toHaveLength(1);
    expect(factTypes()).toEqual([
      'policy.published',
      'environment.defined',
      'budget.defined',
      // The two decision tools that every tenant has, and its own.
      'tool.registered',
      'tool.registered',
      'tool.registered',
    ]);
    expect(suite.out).toBe(
      [
        '+ policy no-synthesis',
        '~ environment env',
        '    production: nothing -> true',
        '+ budget lab/screening',
        '+ tool conditional_gate',
        '+ tool boolean_gate',
        '+ tool synthesize',
        'published as revision 1',
        'budget: no answer',
        'scheduler: no answer',
      ].join('\n'),
    );
  });

  it('a second time: publishes nothing', async () => {
    governance(GOVERNANCE);
    await suite.run('apply', '-f', folder);
    expect(await suite.run('apply', '-f', folder)).toBe(0);
    expect(suite.out).toBe('tenant lab: nothing to change');
    expect(suite.ledger.commits).toHaveLength(1);
  });

  it('dry: shows the difference to what is in force and publishes nothing', async () => {
    governance(GOVERNANCE);
    await suite.run('apply', '-f', folder);
    governance(
      GOVERNANCE.replace('usd: 20', 'usd: 25')
        .replace(/.*DESTRUCTIVE.*\n/, '')
        .replace('tools:', 'tools: []'),
    );
    expect(await suite.run('apply', '-f', folder, '--dry-run')).toBe(0);
    expect(suite.out).toBe(
      [
        '~ budget lab/screening',
        '    limits.usd: 20 -> 25',
        '- tool synthesize',
        'dry run: nothing was published',
      ].join('\n'),
    );
    expect(suite.ledger.commits).toHaveLength(1);
  });

  it('with --json: says the same to a program', async () => {
    governance(GOVERNANCE);
    await suite.run('--json', 'apply', '-f', folder);
    expect(JSON.parse(suite.out)).toMatchObject({
      tenant: 'lab',
      revision: 1,
      facts: [
        'policy.published',
        'environment.defined',
        'budget.defined',
        ...Array.from({ length: 3 }, () => 'tool.registered'),
      ],
      folded: { policy: 'no answer' },
    });
  });

  it('of a bad folder: tells every problem with its place, exits 2, and publishes nothing', async () => {
    governance('policies:\n  - { name: a, condition: tool.cots > 5 node-hours, action: denied }\n');
    expect(await suite.run('apply', '-f', folder)).toBe(2);
    expect(suite.err).toMatch(
      /^\/tmp.*governance\.yaml:2:32: tool has no field "cots"; did you mean "cost"\?/,
    );
    expect(suite.err).toMatch(/governance\.yaml:2:61: "action" must be one of/);
    expect(suite.ledger.commits).toHaveLength(0);
  });

  it('while another operator publishes: starts again from what is in force then', async () => {
    governance(GOVERNANCE);
    const append = suite.ledger.append.bind(suite.ledger);
    const budget = { account: 'lab/screening', limits: { usd: 20 }, alerts: [0.8] };
    let first = true;
    suite.ledger.append = async (request) => {
      if (first) {
        first = false;
        await suite.recorded({ type: 'budget.defined', tenant: LAB, data: { budget } }, request.subject);
      }
      return append(request);
    };
    expect(await suite.run('apply', '-f', folder)).toBe(0);
    expect(suite.ledger.commits.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(factTypes().filter((type) => type === 'budget.defined')).toHaveLength(1);
    expect(suite.out).toContain('published as revision 2');
  });

  it('of a folder that is not there: exits 2 and names it', async () => {
    expect(await suite.run('apply', '-f', join(folder, 'nowhere'))).toBe(2);
    expect(suite.err).toContain('nowhere');
  });
});
