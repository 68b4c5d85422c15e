import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSettings, readConnectionFile } from './settings.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'writ-settings-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function writeConnection(content: unknown): void {
  mkdirSync(join(folder, '.writ'));
  mkdirSync(join(folder, 'apps', 'screening'), { recursive: true });
  writeFileSync(join(folder, '.writ', 'connection.json'), JSON.stringify(content));
}

const CONNECTION = {
  natsUrl: 'nats://127.0.0.1:4222',
  postgresUrl: 'postgres://x',
  tenant: 'lab',
  users: { agent: { user: 'agent-lab-screener', password: 's3cret', agent: 'screener' } },
};

describe('an agent that names nothing', () => {
  it('below a folder with .writ/connection.json: is the agent of that file', () => {
    writeConnection(CONNECTION);
    expect(agentSettings({}, {}, join(folder, 'apps', 'screening'))).toEqual({
      server: 'nats://127.0.0.1:4222',
      user: 'agent-lab-screener',
      password: 's3cret',
      tenant: 'lab',
      agent: 'screener',
    });
  });

  it('with WRIT_NATS_URL set: takes all from the environment and reads no file', () => {
    writeConnection(CONNECTION);
    const environment = { WRIT_NATS_URL: 'nats://far:1', WRIT_TENANT: 'clinic', WRIT_AGENT: 'nurse' };
    expect(agentSettings({}, environment, folder)).toMatchObject({
      server: 'nats://far:1',
      user: undefined,
      tenant: 'clinic',
    });
  });

  it('with nothing to be found: is told the ways to name a server', () => {
    expect(() => agentSettings({}, {}, folder)).toThrowError(
      expect.objectContaining({
        code: 'no-connection',
        message: expect.stringMatching(/server.*WRIT_NATS_URL.*npm start/),
      }),
    );
  });
});

describe('an agent that names something', () => {
  it('is believed before the file', () => {
    writeConnection(CONNECTION);
    expect(agentSettings({ tenant: 'clinic' }, { WRIT_AGENT: 'nurse' }, folder)).toMatchObject({
      tenant: 'clinic',
      agent: 'nurse',
      user: 'agent-lab-screener',
    });
  });

  it.each([
    [{ server: 'nats://x', tenant: 'a.b', agent: 'y' }, /tenant "a.b"/],
    [{ server: 'nats://x', tenant: '_cell', agent: 'y' }, /reserved/],
    [{ server: 'nats://x', tenant: 'lab' }, /no agent is named.*WRIT_AGENT/],
  ])('%j: is refused with the reason', (options, message) => {
    expect(() => agentSettings(options, {}, folder)).toThrowError(
      expect.objectContaining({ code: 'invalid-connection', message: expect.stringMatching(message) }),
    );
  });
});

describe('a connection file', () => {
  it('that cannot be read: is named with what is wrong in it', () => {
    writeConnection({ natsUrl: 5 });
    expect(() => readConnectionFile(folder)).toThrowError(/connection\.json cannot be used: .*natsUrl/s);
  });
});
