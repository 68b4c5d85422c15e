import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { governanceFile } from '@writ/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ScriptedSuite } from '../test/scripted-suite.ts';

const SERVER = new URL('../test/mcp-server.mjs', import.meta.url).pathname;
const COMMAND = ['--command', process.execPath, SERVER];

let folder: string;
let suite: ScriptedSuite;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'writ-import-'));
  suite = new ScriptedSuite();
});
afterEach(() => rm(folder, { recursive: true }));

describe('writ import mcp', () => {
  it('of a server nobody vouches for: is a governance file of DESTRUCTIVE tools', async () => {
    expect(await suite.run('import', 'mcp', '--prefix', 'lab-', ...COMMAND)).toBe(0);
    const { tools } = governanceFile.parse(parse(suite.out));
    expect(tools).toMatchObject([
      { name: 'lab-weigh', class: 'DESTRUCTIVE', adapter: { kind: 'mcp', tool: 'weigh' } },
      { name: 'lab-burn', class: 'DESTRUCTIVE' },
    ]);
  });

  it('with a lower least class, into a file: is raised by annotations, shown as a table, never written over', async () => {
    const file = join(folder, 'lab.yaml');
    const args = ['import', 'mcp', '-o', file, '--class', 'read_only', ...COMMAND];
    expect(await suite.run(...args)).toBe(0);
    expect(suite.out).toMatch(/weigh +READ_ONLY +READ_ONLY\nburn +DESTRUCTIVE +DESTRUCTIVE/);
    expect(governanceFile.parse(parse(await readFile(file, 'utf8'))).tools).toHaveLength(2);
    expect(await suite.run(...args)).toBe(2);
    expect(suite.err).toContain('name a new file');
  });

  it.each([
    [['import', 'mcp'], 2, 'name the server'],
    [['import', 'soap', ...COMMAND], 2, 'known: mcp'],
    [['import', 'mcp', '--command', '/no/such/server'], 3, 'cannot be asked'],
  ] as const)('%o: exits %i and says why', async (args, code, why) => {
    expect(await suite.run(...args)).toBe(code);
    expect(suite.err).toContain(why);
  });
});
