/**
 * Golden logs: ledgers that real suites wrote once, folded by this release. A change of a fold, of an event or of a rule that
 * reads them otherwise shows up here as a difference of text. How to record one, and when to accept a difference: README.md.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_SCHEMAS, decodeCommit } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { readHistory } from './history.ts';
import { told } from './told.ts';

const FOLDER = new URL('.', import.meta.url).pathname;
const NAMES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length));

/** What no recorded suite does. A new type of event is recorded, or stands here. */
const NOT_RECORDED: readonly string[] = [
  'tool.retired',
  'budget.retired',
  'storage.returned',
  'breaker.retired',
  'approval.escalated',
  'approval.confirmed',
  'standing.withdrawn',
  'breaker.force-expired',
  'run.cancel-requested',
  'node.ruled',
  'node-type.defined',
  'node-type.retired',
  'run.refused',
  'node.reopened',
];

describe('a recorded ledger', () => {
  it.each(NAMES)('%s: is folded as it always was', async (name) => {
    const commits = await readHistory(join(FOLDER, `${name}.jsonl`));
    await expect(told(commits)).toMatchFileSnapshot(join(FOLDER, `${name}.told.txt`));
  });

  it('stands for every type of event', async () => {
    const types = new Set<string>();
    for (const name of NAMES)
      for (const commit of await readHistory(join(FOLDER, `${name}.jsonl`)))
        for (const { type } of decodeCommit(commit)) types.add(type);
    expect(Object.keys(EVENT_SCHEMAS).filter((type) => !types.has(type))).toEqual(NOT_RECORDED);
  });
});
