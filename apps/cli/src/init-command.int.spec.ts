import { startNats } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ScriptedSuite } from '../test/scripted-suite.ts';

let nats: NatsServer;
let suite: ScriptedSuite;

beforeEach(async () => {
  nats = await startNats();
  suite = new ScriptedSuite();
});
afterEach(() => nats.stop());

const init = (...options: string[]): Promise<number> => suite.run('init', '--server', nats.url, ...options);

describe('writ init', () => {
  it('on a new server: makes the ledger, and changes nothing the second time', async () => {
    expect(await init('--json')).toBe(0);
    expect(JSON.parse(suite.out)).toMatchObject({ ledger: 'created', replicas: 1 });
    expect(await init()).toBe(0);
    expect(suite.out).toContain('has a ledger already');
  });

  it('with more copies than servers: says why nothing was made', async () => {
    expect(await init('--replicas', '3')).not.toBe(0);
    expect(suite.err).toMatch(/the ledger could not be made .*replicas/);
  });

  it('with an even number of copies: is refused before anything is asked', async () => {
    expect(await init('--replicas', '2')).toBe(2);
    expect(suite.err).toContain('one of 1, 3, 5');
  });
});
