import { SafetyClass, governanceFile } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hintedClass, importTools, raisedClass } from './mcp-tools.ts';

const { readOnly, localWrite, network, destructive } = SafetyClass;

describe('annotations', () => {
  const cases = [
    [undefined, destructive],
    [{}, destructive],
    [{ readOnlyHint: true }, readOnly],
    [{ readOnlyHint: true, openWorldHint: true }, network],
    [{ destructiveHint: false }, network],
    [{ destructiveHint: false, openWorldHint: true }, network],
    [{ destructiveHint: false, openWorldHint: false }, localWrite],
    [{ destructiveHint: true, openWorldHint: false }, destructive],
  ] as const;
  it.each(cases)('%o: say %s', (hints, hinted) => expect(hintedClass(hints)).toBe(hinted));

  const all = Object.values(SafetyClass);
  it.each(all.flatMap((least) => all.map((hinted) => [least, hinted] as const)))(
    'over the operator’s %s and saying %s: never lower it',
    (least, hinted) => expect([least, hinted]).toContain(raisedClass(least, hinted)),
  );

  it('that say READ_ONLY under an operator who trusts nobody: change nothing', () => {
    expect(raisedClass(destructive, readOnly)).toBe(destructive);
    expect(raisedClass(readOnly, network)).toBe(network);
  });
});

describe('the tools of a server', () => {
  const server = { transport: 'http', url: 'https://lab.example/mcp', headers: {} } as const;
  const listed = [
    {
      name: 'weigh it',
      description: 'Weighs',
      inputSchema: { type: 'object' },
      annotations: { readOnlyHint: true },
    },
    { name: 'burn', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } },
  ];

  it('imported: are a governance file with legal names, their schemas, and the server', () => {
    const { yaml, tools } = importTools(listed, { server, prefix: 'lab-', least: readOnly, pool: 'wet' });
    expect(tools).toEqual([
      { name: 'lab-weigh_it', class: readOnly, hinted: readOnly },
      { name: 'lab-burn', class: destructive, hinted: destructive },
    ]);
    expect(governanceFile.parse(parse(yaml)).tools).toMatchObject([
      { name: 'lab-weigh_it', adapter: { kind: 'mcp', server, tool: 'weigh it' }, pool: 'wet' },
      { name: 'lab-burn', outputs: { type: 'object' } },
    ]);
  });
});
