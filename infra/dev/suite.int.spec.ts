/** The suite's servers and its folder, without the services; those are proved in `test/e2e`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { eventually, isAlive, temporaryFolder } from '@writ/testkit';
import type { NatsServer } from '@writ/testkit';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { ServiceName } from '../nats/principals.ts';
import { startSuite } from './suite.ts';
import type { Step } from './suite.ts';

const OWNER_ONLY = 0o600;

describe('a suite', () => {
  it('that runs: connection.json is its owner’s alone and its logins work', async () => {
    const dir = ownFolder();
    const suite = await startSuite({ dir, services: [], postgresUrl: inject('postgresUrl') });
    onTestFinished(async () => suite.stop());
    expect(statSync(join(dir, 'connection.json')).mode & 0o777).toBe(OWNER_ONLY);
    const written = JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8')) as typeof suite.connection;
    expect(written).toEqual(suite.connection);
    expect(written).toMatchObject({
      tenant: 'lab',
      users: { agent: { agent: 'screening' }, approver: { approver: 'demo' } },
    });
    const connection = await connectNats({ url: written.natsUrl, ...written.users.operator, name: 'spec' });
    expect(await jetstreamLedger(connection, { inboxPrefix: '_INBOX_operator' }).lastSequence()).toBe(0);
    await connection.close();
  });

  it('in a folder where one runs: is refused', async () => {
    const dir = ownFolder();
    const suite = await startSuite({ dir, services: [], postgresUrl: inject('postgresUrl') });
    onTestFinished(async () => suite.stop());
    await expect(startSuite({ dir, services: [] })).rejects.toMatchObject({ code: 'already-running' });
  });

  it('that is stopped: its servers are gone, and so is connection.json', async () => {
    const dir = ownFolder();
    const suite = await startSuite({ dir, services: [], postgresUrl: inject('postgresUrl') });
    const pid = suite.nats?.pid() ?? 0;
    await suite.stop();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(dir, 'connection.json'))).toBe(false);
  });

  it('that cannot start: says why, what had been started is gone, and the folder is free', async () => {
    const dir = ownFolder();
    let pid = 0;
    const step: Step = async (name, work) => {
      const made = await work(() => {});
      if (name === 'nats-server') pid = (made as NatsServer).pid();
      return made;
    };
    const options = { dir, postgresUrl: inject('postgresUrl') };
    const nobody = 'nobody' as ServiceName;
    await expect(startSuite({ ...options, services: [nobody], step })).rejects.toMatchObject({
      code: 'unknown-principal',
    });
    expect([pid > 0, isAlive(pid)]).toEqual([true, false]);
    const next = await startSuite({ ...options, services: [] });
    await next.stop();
  });

  it('whose process is killed with SIGKILL: its servers end and the folder can be used again', async () => {
    const dir = ownFolder();
    const { pids, kill } = await suiteInAnotherProcess(dir);
    expect(pids.every(isAlive)).toBe(true);
    kill();
    await eventually(() => !pids.some(isAlive), {
      withinMs: 20_000,
      what: 'nats-server and Postgres are gone',
    });
    const next = await startSuite({ dir, services: [], postgresUrl: inject('postgresUrl') });
    await next.stop();
  });
});

async function suiteInAnotherProcess(dir: string): Promise<{ pids: number[]; kill: () => void }> {
  const program = `
    import { startSuite } from ${JSON.stringify(new URL('./suite.ts', import.meta.url).href)};
    const suite = await startSuite({ dir: ${JSON.stringify(dir)}, services: [] });
    console.log(JSON.stringify([suite.nats.pid(), suite.postgres.pid()]));
    setInterval(() => {}, 1000);`;
  const flags = ['--conditions=@writ/source', '--input-type=module', '--eval', program];
  const other = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(other.stdout), 'line')) as [string];
  return { pids: JSON.parse(line) as number[], kill: () => other.kill('SIGKILL') };
}

function ownFolder(): string {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  return folder.path;
}
