import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../eventually.ts';
import { isAlive } from '../process/lock.ts';
import { startNats } from './server.ts';
import type { NatsServer } from './server.ts';

describe('a nats-server of our own', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(async () => server.stop());

  it('killed and started again: clients come back and the stream is still there', async () => {
    const client = await server.connect();
    const manager = await jetstreamManager(client, { timeout: 1_000 });
    await manager.streams.add({ name: 'KEPT', subjects: ['kept'] });
    await client.request('kept', 'a message');
    await server.kill();
    await server.start();
    const state = await eventually(async () => (await manager.streams.info('KEPT')).state, {
      withinMs: 10_000,
      what: 'the stream answers again',
    });
    expect(state.messages).toBe(1);
  });
});

describe('a stopped nats-server', () => {
  it('with open clients: process and clients are gone', async () => {
    const server = await startNats();
    const client = await server.connect();
    const pid = server.pid();
    await server.stop();
    expect(isAlive(pid)).toBe(false);
    expect(client.isClosed()).toBe(true);
  });
});
