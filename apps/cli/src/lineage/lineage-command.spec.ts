/** `writ lineage` over a scripted audit: drawn, as a picture, as JSON. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import { foldRecord } from '@writ/provenance';
import type { LineageGraph } from '@writ/provenance';
import { LAB, ScriptedSuite } from '../../test/scripted-suite.ts';

let suite: ScriptedSuite;
let folder: string;

beforeEach(async () => {
  suite = new ScriptedSuite();
  folder = await mkdtemp(join(tmpdir(), 'writ-lineage-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

/** The record of a call that was only asked for. */
function record(invocation: string, seq: number, causedBy?: readonly string[]): object {
  const calls = [{ invocation, tool: 'dock', inputs: {} }];
  const data = { calls, project: 'lab', priority: 'normal', ...(causedBy ? { causedBy } : {}) };
  const fact = { type: 'tool.requested', tenant: LAB, origin: 'al<fa', seq, at: 0, data };
  return { record: foldRecord(undefined, fact as RecordedFact) };
}

/** Three calls in a row, the middle one is asked about; `ghost` was named and never asked for. */
function chain(): void {
  const records = { a: record('a', 1), b: record('b', 2, ['a', 'ghost']), c: record('c', 3, ['b']) };
  suite.answer('audit.show', (body: { invocation: keyof typeof records }) => records[body.invocation] ?? {});
  const link = { kind: 'calls', seq: 3, calls: ['c'], causedBy: ['b'] };
  suite.answer('audit.lineage', ({ from }: { from: number }) =>
    from === 2 ? { links: [], next: 3 } : { links: [link] },
  );
}

describe('writ lineage', () => {
  it('of a call between others: causes above, effects below', async () => {
    chain();
    expect(await suite.run('lineage', 'b')).toBe(0);
    expect(suite.out.split('\n').map((line) => line.trim())).toEqual([
      '┌───────────┐',
      '│ dock      │',
      '│ a         │',
      '│ by al<fa  │',
      '│ requested │',
      '└───────────┘',
      '│',
      '│',
      '│',
      '▼',
      '╔═══════════╗',
      '║ dock      ║',
      '║ b         ║',
      '║ by al<fa  ║',
      '║ requested ║',
      '╚═══════════╝',
      '│',
      '│',
      '│',
      '▼',
      '┌───────────┐',
      '│ dock      │',
      '│ c         │',
      '│ by al<fa  │',
      '│ requested │',
      '└───────────┘',
    ]);
  });

  it('as JSON and as a picture: the same graph, with nothing in it that XML would take for its own', async () => {
    chain();
    const file = join(folder, 'b.svg');
    expect(await suite.run('lineage', 'b', '--svg', file, '--json')).toBe(0);
    const graph = JSON.parse(suite.out) as LineageGraph;
    expect(graph.edges).toEqual([
      { from: 'call:a', to: 'call:b', what: 'led to' },
      { from: 'call:b', to: 'call:c', what: 'led to' },
    ]);
    const svg = await readFile(file, 'utf8');
    expect(svg.match(/<g>/g)).toHaveLength(3);
    expect(svg).toContain('by al&lt;fa');
    expect(svg).not.toContain('al<fa');
    expect(svg.match(/<[a-z]+(?:[^>]*[^/])?>/g)).toHaveLength(svg.match(/<\/[a-z]+>/g)?.length ?? 0);
  });

  it('of what nobody asked for: exits 2', async () => {
    suite.answer('audit.show', {});
    expect(await suite.run('lineage', 'ghost')).toBe(2);
  });
});
