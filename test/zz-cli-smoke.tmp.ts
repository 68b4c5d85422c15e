import { mkdtempSync, mkdirSync } from 'node:fs'; import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { startSuite } from '/work/main/infra/dev/suite.ts';
const base = mkdtempSync('/tmp/cli-smoke/s-'); const dir = join(base,'.writ'); mkdirSync(dir);
const suite = await startSuite({ dir, tenant:'lab', agent:'screener', approver: 'ada', environment: { WRIT_TOOLS: '/work/main/test/bench/tools' }, say: (l)=>console.log(l) });
const cli = (args: string[], killAfter?: number) => new Promise<string>((resolve) => {
  const t=performance.now();
  const p = spawn('/work/main/node_modules/.bin/node', ['--conditions=@writ/source','/work/main/apps/cli/src/main.ts', ...args], { cwd: base });
  let out=''; p.stdout.on('data',(d)=>out+=d); p.stderr.on('data',(d)=>out+=d);
  if (killAfter) setTimeout(()=>p.kill('SIGINT'), killAfter);
  p.on('exit',(code)=>{ console.log(`$ writ ${args.join(' ')}  -> ${code} (${Math.round(performance.now()-t)} ms)\n${out}`); resolve(out); });
});
try {
  await cli(['apply','-f','/tmp/cli-smoke/gov']);
  const w = cli(['watch'], 12000);
  await new Promise(r=>setTimeout(r,5000));
  await cli(['run','echo','--inputs','{"candidate":"CCO","repeat":1}','--campaign','c1','--log','run-1']);
  await cli(['run','purge','--log','run-1']);
  await w;
  await cli(['watch', '--json', '--since','1'], 6000);
} finally { await suite.stop(); }
process.exit();
