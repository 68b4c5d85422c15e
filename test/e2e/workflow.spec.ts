/** The stock decision over the real suite: the gate holds a decision to its tool, and exactly one branch runs. */
import { GovernedToolExecutor } from '@writ/sdk';
import type { NoticedFact } from '@writ/sdk';
import { decodeCommit } from '@writ/contracts';
import type { RecordedFact } from '@writ/contracts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { LineageGraph } from '@writ/provenance';
import { eventually } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideOnStock } from '../../apps/screening/src/stock-decision.ts';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

const SCREENING = new URL('../../apps/screening', import.meta.url).pathname;

let suite: TestSuite;
let agent: GovernedToolExecutor;

function connect(): Promise<GovernedToolExecutor> {
  const { natsUrl, users } = suite.connection;
  return GovernedToolExecutor.connect({
    server: natsUrl,
    ...users.agent,
    tenant: 'lab',
    project: 'drug-discovery',
  });
}

beforeAll(async () => {
  suite = await startTestSuite({ environment: { WRIT_TOOLS: `${SCREENING}/tools` } });
  const applied = await suite.writ('apply', '-f', `${SCREENING}/governance`);
  expect(applied, applied.err).toMatchObject({ code: 0 });
  agent = await connect();
});

afterAll(async () => {
  await agent?.close();
  await suite?.stop();
});

describe('the stock decision', () => {
  it('text only, price only, then the gate: two rejections, and exactly one branch runs', async () => {
    const worked: string[] = [];
    const facts: NoticedFact[] = [];
    const result = await decideOnStock(
      agent,
      'ACME',
      ({ name, attempt }) => worked.push(`${name} ${attempt}`),
      {
        run: 'stock-1',
        onFact: (fact) => facts.push(fact),
      },
    );
    expect(worked).toEqual(['decide 1', 'decide 2', 'decide 3', 'buy 1']);
    expect(result).toMatchObject({
      status: 'succeeded',
      routes: { decide: 'buy' },
      nodes: { decide: 'accepted', buy: 'accepted', hold: 'skipped' },
    });
    expect(facts.map(({ type }) => type)).toEqual([
      'run.opened',
      'contract.rejected',
      'contract.rejected',
      'contract.accepted',
      'contract.accepted',
      'run.completed',
    ]);
  });

  it('of the ledger: holds what flowed on, written once for each accepted node', async () => {
    const flows = await eventually(
      async () => {
        const found = await factsOn('writ.lab.flows.stock-1');
        return found.some(({ type }) => type === 'flow.ended') ? found : undefined;
      },
      { withinMs: 10_000, what: 'the end of the run stands on its flows subject' },
    );
    expect(flows.map(({ type, data }) => [type, (data as { node?: string }).node])).toEqual([
      ['flow.released', 'decide'],
      ['flow.released', 'buy'],
      ['flow.ended', undefined],
    ]);
  });

  it('asked for again under its id: gives the same result and works on nothing', async () => {
    const worked: string[] = [];
    const again = await connect();
    const result = await decideOnStock(again, 'ACME', ({ name }) => worked.push(name), { run: 'stock-1' });
    expect(result).toMatchObject({ status: 'succeeded', routes: { decide: 'buy' } });
    expect(worked).toEqual([]);
    await again.close();
  });

  it('while the policy service is killed: ends all the same, no call runs twice', async () => {
    const running = decideOnStock(
      agent,
      'GLOBEX',
      ({ name, attempt }) => {
        if (name === 'decide' && attempt === 2) void suite.kill('policy').then(() => suite.restart('policy'));
      },
      { run: 'stock-2' },
    );
    expect(await running).toMatchObject({ status: 'succeeded', routes: { decide: 'hold' } });
    const ends = (await factsOn('writ.lab.executions.*')).filter(
      ({ type }) => type === 'execution.completed',
    );
    const calls = ends.map(({ data }) => (data as { readonly invocation: string }).invocation);
    expect(calls.length).toBeGreaterThan(3);
    expect(new Set(calls).size).toBe(calls.length);
  });
});

describe('the command line', () => {
  it('tells where a run stands and what failed in it', async () => {
    const shown = await suite.writ('workflow', 'status', 'stock-1');
    expect(shown, shown.err).toMatchObject({ code: 0 });
    expect(shown.out).toMatch(/decide\s+accepted.*buy/);
    const failures = JSON.parse((await suite.writ('workflow', 'failures', '--json')).out) as unknown[];
    expect(failures).toContainEqual(expect.objectContaining({ nodeType: 'decision', reason: 'final-tool' }));
  });

  it('draws why an order was placed: the call that decided it, and the attempts before', async () => {
    const listed = await suite.writ('search', '--tool', 'place_stock_order', '--json');
    const { invocations } = JSON.parse(listed.out) as { invocations: { invocation: string }[] };
    const order = invocations.at(-1)?.invocation ?? '';
    const drawn = await suite.writ('lineage', order, '--json');
    expect(drawn, drawn.err).toMatchObject({ code: 0 });
    const { nodes, edges } = JSON.parse(drawn.out) as LineageGraph;
    const attempts = nodes
      .filter(({ kind }) => kind === 'attempt')
      .map(({ lines }) => `${lines[0]}, ${lines[2]}`);
    expect(attempts.toSorted()).toEqual([
      'buy, attempt 1, accepted',
      'decide, attempt 1, rejected',
      'decide, attempt 2, rejected',
      'decide, attempt 3, accepted',
    ]);
    const openers = edges.filter(({ to }) => to === 'attempt:stock-1.buy.1').map(({ from }) => from);
    const kept = nodes
      .filter(({ id }) => openers.includes(id))
      .map(({ lines, role }) => `${lines[0]}, ${role}`);
    expect(kept.toSorted()).toEqual(['conditional_gate, cause', 'get_current_stock_price, cause']);
  });

  it('gives planners the catalog as text', async () => {
    const { out } = await suite.writ('workflow', 'catalog');
    expect(out).toContain('- get_current_stock_price (data; READ_ONLY, pure)');
    expect(out).toContain('- conditional_gate (decision;');
  });
});

async function factsOn(subject: string): Promise<RecordedFact[]> {
  const { natsUrl, users } = suite.connection;
  const { user, password } = users.operator;
  const connection = await connectNats({ url: natsUrl, user, password, name: 'reader' });
  const ledger = jetstreamLedger(connection, { inboxPrefix: `_INBOX_${user}` });
  const facts: RecordedFact[] = [];
  for await (const commit of ledger.read({ subject })) facts.push(...decodeCommit(commit));
  await ledger.close();
  await connection.close();
  return facts;
}
