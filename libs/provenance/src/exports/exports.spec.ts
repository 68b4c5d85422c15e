/**
 * Every format, over histories of any shape, against its public schema (`test/conformance/schemas`, written out from the
 * specifications), and what each says of one call that has everything.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completed,
  decided,
  dispatched,
  granted,
  ledgerOf,
  opened,
  recordOf,
  recordsOf,
  refused,
  rejected,
  requestedWith,
  reserved,
  resolved,
  indeterminate,
  started,
  voted,
} from '../../test/facts.ts';
import type { Said } from '../../test/facts.ts';
import { flawsBy } from '../../test/public-schemas.ts';
import {
  CSV_HEADER,
  PROV_PREFIXES,
  csvLine,
  livesOf,
  openLineageEvents,
  provBundle,
  provenanceOf,
} from '../index.ts';
import type { Circumstances, InvocationProvenance, InvocationRecord } from '../index.ts';

const flawOfProv = flawsBy('prov-json');
const flawOfRunEvent = flawsBy('openlineage-2-0-2');

const CIRCUMSTANCES: Circumstances = {
  tool: { version: '1.4', class: 'NETWORK', effects: 'once', pool: 'gpu', seq: 1 },
  owner: 'grace@lab',
  places: [{ session: 's-1', executor: 'exec-1', pool: 'gpu', node: 'node-7' } as never],
};

const CAUSED = {
  causedBy: ['before'],
  onBehalfOf: 'heidi, head of "docking"',
  flow: { run: 'r1', node: 'dock', attempt: 1 },
} as object;

/** A call that has everything. */
const ENTIRE: readonly Said[] = [
  requestedWith(CAUSED, 'a'),
  decided('a', 'require-approval'),
  reserved('a', ['/', 'usd', '5000000']),
  opened('a'),
  voted('a', 'grace', 'approve'),
  granted('a', 'grace'),
  decided('a', 'allow'),
  dispatched('a'),
  started('a'),
  completed('a', { usd: '1500000' }),
];

function toldOf(record: InvocationRecord): readonly (readonly [InvocationProvenance, number])[] {
  return livesOf(record).map((life, nth) => [provenanceOf(life, CIRCUMSTANCES), nth] as const);
}

const [entire] = toldOf(recordOf(...ENTIRE))[0] as readonly [InvocationProvenance, number];

const id = fc.constantFrom('a', 'b');
const said = fc.oneof(
  fc.tuple(id, fc.boolean()).map(([one, caused]) => requestedWith(caused ? CAUSED : {}, one)),
  fc
    .tuple(id, fc.constantFrom('allow' as const, 'deny' as const, 'require-approval' as const))
    .map((args) => decided(...args)),
  id.map(opened),
  fc
    .tuple(id, fc.constantFrom('approve' as const, 'deny' as const))
    .map(([one, vote]) => voted(one, 'grace', vote)),
  id.map((one) => granted(one, 'grace')),
  id.map((one) => reserved(one, ['/', 'usd', '5000000'])),
  id.map(refused),
  id.map((one) => rejected(one, 'malformed')),
  id.map((one) => dispatched(one)),
  id.map((one) => started(one)),
  id.map((one) => indeterminate(one)),
  id.map((one) => resolved(one)),
  fc
    .tuple(id, fc.constantFrom('succeeded' as const, 'failed' as const, 'timed-out' as const))
    .map(([one, outcome]) => completed(one, { usd: '1' }, outcome)),
);

describe('any history', () => {
  it('in every format: valid, and each run of OpenLineage starts once and ends at most once', () =>
    fc.assert(
      fc.property(fc.array(said, { maxLength: 30 }), (history) => {
        const calls = [...recordsOf(ledgerOf(...history)).values()].flatMap(toldOf);
        const bundles = calls.map(([told, life]) => provBundle(told, life));
        const document = { prefix: PROV_PREFIXES, bundle: Object.fromEntries(bundles) };
        expect(flawOfProv(document)).toBeNull();
        expect(Object.keys(document.bundle)).toHaveLength(calls.length);
        const types = new Map<unknown, unknown[]>();
        for (const event of calls.flatMap(([told, life]) => openLineageEvents(told, life))) {
          expect(flawOfRunEvent(event)).toBeNull();
          const { runId } = event['run'] as { runId: string };
          types.set(runId, [...(types.get(runId) ?? []), event['eventType']]);
        }
        for (const [start, end, ...more] of types.values()) {
          expect([start, more]).toEqual(['START', []]);
          expect([undefined, 'COMPLETE', 'FAIL', 'ABORT']).toContain(end);
        }
        const rows = parsedCsv([CSV_HEADER, ...calls.map(([told]) => csvLine(told))].join('\r\n'));
        expect(rows.map((row) => row.length)).toEqual(rows.map(() => CSV_HEADER.split(',').length));
      }),
      { numRuns: 200 },
    ));
});

/** RFC 4180. */
function parsedCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') rows.push([]);
    if (end === '') break;
  }
  return rows;
}

describe('a call that has everything', () => {
  it('as PROV: who acted for whom, under which plan, from what to what', () => {
    const [name, bundle] = provBundle(entire);
    expect(name).toBe('writ:provenance/acme/a');
    const call = 'writ:call/acme/a';
    const agent = 'writ:agent/acme/alpha';
    const on = { 'prov:delegate': agent, 'prov:activity': call };
    expect(Object.values(bundle['actedOnBehalfOf'] ?? {})).toEqual([
      { ...on, 'prov:responsible': 'writ:person/acme/heidi%2C%20head%20of%20%22docking%22' },
      { ...on, 'prov:responsible': 'writ:person/acme/grace%40lab' },
    ]);
    expect(Object.keys(bundle['agent'] ?? {})).toContain('writ:tool/acme/descriptors%401.4');
    expect(Object.values(bundle['wasInformedBy'] ?? {})).toEqual([
      { 'prov:informed': call, 'prov:informant': 'writ:call/acme/before' },
      { 'prov:informed': call, 'prov:informant': 'writ:approval/acme/a' },
    ]);
    expect(Object.values(bundle['wasDerivedFrom'] ?? {})).toEqual([
      {
        'prov:generatedEntity': 'writ:output/acme/a',
        'prov:usedEntity': 'writ:output/acme/before',
        'prov:activity': call,
      },
    ]);
    expect(Object.values(bundle['wasStartedBy'] ?? {})).toEqual([
      { 'prov:activity': call, 'prov:starter': 'writ:node/acme/r1.dock.1' },
    ]);
  });

  it('as OpenLineage: reads what its cause wrote, below the node of its workflow', () => {
    const [start, end] = openLineageEvents(entire);
    expect([start?.['eventType'], end?.['eventType']]).toEqual(['START', 'COMPLETE']);
    expect(end).toMatchObject({
      job: { namespace: 'writ://acme/screening', name: 'descriptors' },
      run: { facets: { parent: { job: { name: 'r1.dock' } } } },
      inputs: [{}, { namespace: 'writ://acme', name: 'output/before' }],
      outputs: [{ namespace: 'writ://acme', name: 'output/a' }],
    });
  });

  it('denied: a START and an ABORT that says why', () => {
    const told = provenanceOf(recordOf(requestedWith({}, 'a'), decided('a', 'deny')));
    const [start, end, ...more] = openLineageEvents(told);
    expect([start?.['eventType'], end?.['eventType'], more]).toEqual(['START', 'ABORT', []]);
    expect(end).toMatchObject({ run: { facets: { errorMessage: { message: 'not here' } } } });
  });

  it('as CSV: one line, with what a spreadsheet would run defused', () => {
    const formula = provenanceOf(recordOf(requestedWith({ onBehalfOf: '=HYPERLINK("x")' }, 'a')));
    const [head, row, other] = parsedCsv([CSV_HEADER, csvLine(entire), csvLine(formula)].join('\r\n')) as [
      string[],
      string[],
      string[],
    ];
    const cell = (line: string[], column: string): string | undefined => line[head.indexOf(column)];
    expect(cell(row, 'on_behalf_of')).toBe('heidi, head of "docking"');
    expect(
      ['owner', 'version', 'machine', 'approved_by', 'used', 'held'].map((column) => cell(row, column)),
    ).toEqual(['grace@lab', '1.4', 'node-7', 'grace', 'usd=1.5', 'usd=5']);
    expect(cell(other, 'on_behalf_of')).toBe('\'=HYPERLINK("x")');
  });
});
