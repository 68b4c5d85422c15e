/** The supervisor with a real process: a service of ten lines that answers `/readyz`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, isAlive, temporaryFolder } from '@writ/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceProcess } from './service-process.ts';

const SOON = { withinMs: 10_000 };

const READY = `
  import { createServer } from 'node:http';
  console.log('started with', process.env.GREETING);
  createServer((_, reply) => reply.end('ready')).listen(process.env.WRIT_HTTP_PORT, '127.0.0.1');`;

describe('a supervised service', () => {
  it('that runs: is ready at its address and has its environment', async () => {
    const { service, log } = make(READY);
    await service.start();
    expect(await (await fetch(`${service.http}/readyz`)).text()).toBe('ready');
    expect(readFileSync(log, 'utf8')).toContain('started with hello');
  });

  it('that dies by itself: is started again at the same address, and a line says so', async () => {
    const { service, said } = make(READY);
    await service.start();
    const { http, pid = 0 } = service;
    process.kill(pid, 'SIGKILL');
    await eventually(() => said.some((line) => line.includes('is up again')), {
      ...SOON,
      what: 'it is up again',
    });
    expect(said[0]).toMatch(/^fake died \(SIGKILL\); it is started again in 200 ms$/);
    expect(service.pid).not.toBe(pid);
    expect((await fetch(`${http}/readyz`)).ok).toBe(true);
  });

  it('that is killed on purpose: stays down until it is restarted at the same address', async () => {
    const { service, said } = make(READY);
    await service.start();
    const { http } = service;
    await service.kill();
    expect(service.pid).toBeUndefined();
    await service.restart();
    expect(service.http).toBe(http);
    expect(said).toEqual([]);
  });

  it('that is stopped: is gone', async () => {
    const { service } = make(READY);
    await service.start();
    const { pid = 0 } = service;
    await service.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('that cannot start: the error quotes its last words at once', async () => {
    const { service } = make(`console.error('the environment is not right'); process.exit(1);`);
    await expect(service.start()).rejects.toThrow(
      /fake ended while starting \(code 1\):\nthe environment is not right/,
    );
  });
});

function make(program: string): { service: ServiceProcess; said: string[]; log: string } {
  const folder = temporaryFolder();
  const main = join(folder.path, 'main.mjs');
  const logFile = join(folder.path, 'fake.log');
  writeFileSync(main, program);
  const said: string[] = [];
  const environment = { GREETING: 'hello' };
  const service = new ServiceProcess({
    name: 'fake',
    main,
    environment,
    logFile,
    say: (line) => said.push(line),
  });
  onTestFinished(async () => {
    await service.stop();
    folder.remove();
  });
  return { service, said, log: logFile };
}
