import { mkdtempSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSuite } from '../../infra/dev/suite.ts';
import type { ServiceName } from '../../infra/nats/principals.ts';
const repo = new URL('../..', import.meta.url).pathname;
const dir = join(mkdtempSync(join(tmpdir(), 'screen-')), '.writ');
const suite = await startSuite({ dir, environment: { WRIT_TOOLS: join(repo, 'apps/screening/tools'), WRIT_ORDERS: join(dir, 'orders'), WRIT_TOOL_ENVIRONMENT: 'WRIT_ORDERS' }, say: console.log });
const env = { ...process.env };
for (const k of Object.keys(env)) if (k.startsWith('WRIT_')) delete env[k];
const run = (app: string, args: string[]) => new Promise<number>((res) => { const c = spawn(process.execPath, [join(repo, 'apps', app, 'dist/main.js'), ...args], { cwd: join(dir, '..'), stdio: 'inherit', env }); c.on('exit', (code) => res(code ?? 99)); });
try {
  console.log('apply', await run('cli', ['apply', '-f', join(repo, 'apps/screening/governance')]));
  const [kill, ...args] = process.argv.slice(2);
  const t = performance.now();
  const done = run('screening', args);
  if (kill && kill !== 'none') for (const name of kill.split(',') as ServiceName[]) { await new Promise((r) => setTimeout(r, 4000)); console.log('KILL', name); await suite.kill(name); await suite.restart(name); console.log('UP', name); }
  console.log('exit', await done, ((performance.now() - t) / 1000).toFixed(1), dir);
} finally { await suite.stop(); }
process.exit();
