import { scheduler, queueDepth } from '../src/index.ts';
import { asked, allowed, reserved, started, completed, tool } from './facts.ts';
const rec = (f, at) => ({ ...f, origin: 'schedule', seq: 0, at });
const NOTHING = { executors: [], silent: [], fresh: [] };
const executor = (n, slots) => ({ executor: 'e' + n, session: 's', pool: 'default', slots, labels: {} });
const N = Number(process.argv[2] ?? 100000), TOOLS = Number(process.argv[3] ?? 10), EX = Number(process.argv[4] ?? 1);
const SLOTS = Number(process.argv[5] ?? 4);
const cpu = () => { const u = process.cpuUsage(); return u.user + u.system; };
let s = scheduler.initial();
for (let i = 0; i < TOOLS; i++) scheduler.evolve(s, tool('t' + i, { class: 'NETWORK' }));
const P = ['normal', 'urgent', 'background', 'normal'];
const mk = (id, i) => [asked([{ invocation: id, tool: 't' + ((i * 7919) % TOOLS) }], { priority: P[i % 4] }), allowed(id), reserved(id)];
const all = []; for (let i = 0; i < N; i++) all.push(mk('c' + i, i));
global.gc?.();
const m0 = process.memoryUsage().heapUsed;
let t = cpu();
for (const f of all) for (const x of f) scheduler.evolve(s, x);
t = cpu() - t;
global.gc?.();
console.log('queued', queueDepth(s), 'us/call evolve 3 facts', (t / N).toFixed(2), 'bytes/call', ((process.memoryUsage().heapUsed - m0) / N) | 0);
const offer = { ...NOTHING, executors: Array.from({ length: EX }, (_, i) => executor(i, SLOTS)) };
const open = [];
for (;;) { const ans = scheduler.react(s, 1, offer); if (!ans.length) break; for (const y of ans) { scheduler.evolve(s, rec(y, 1)); open.push(y.data); } }
const M = Number(process.argv[6] ?? 50000); const fresh = []; for (let i = 0; i < M; i++) fresh.push(mk('x' + i, i));
let g = 0; t = cpu();
for (let i = 0; i < M; i++) {
  for (const x of fresh[i]) scheduler.evolve(s, x);
  const k = (i * 7919) % open.length; const d = open[k];
  const run = { attempt: d.attempt, executor: d.executor, session: d.session };
  scheduler.evolve(s, started(d.invocation, run));
  scheduler.evolve(s, completed(d.invocation, run));
  for (;;) {
    const ans = scheduler.react(s, 1, offer);
    if (!ans.length) break;
    for (const y of ans) scheduler.evolve(s, rec(y, 1));
    open[k] = ans[0].data; g += ans.length;
  }
}
console.log('steady, one at a time,', EX, 'full executors: us/call', ((cpu() - t) / g).toFixed(2), 'grants', g, 'queue', queueDepth(s));
const wide = { ...NOTHING, executors: Array.from({ length: EX }, (_, i) => executor(i, 1e6)) };
t = cpu(); g = 0;
while (g < Math.min(N / 4, 200000)) { const ans = scheduler.react(s, 1, wide); if (!ans.length) break; for (const y of ans) scheduler.evolve(s, rec(y, 1)); g += ans.length; }
console.log('bulk grants', g, 'us/grant', ((cpu() - t) / g).toFixed(2), '=', Math.round(1e6 * g / (cpu() - t)), '/s');
if (N <= 100000) {
// one at a time, all executors free, queue short
s = scheduler.initial();
for (let i = 0; i < TOOLS; i++) scheduler.evolve(s, tool('t' + i, { class: 'NETWORK' }));
t = cpu();
for (let i = 0; i < M; i++) {
  for (const x of fresh[i]) scheduler.evolve(s, x);
  for (;;) { const ans = scheduler.react(s, 1, wide); if (!ans.length) break; for (const y of ans) { scheduler.evolve(s, rec(y, 1)); const d = y.data;
    scheduler.evolve(s, completed(d.invocation, { attempt: d.attempt, executor: d.executor, session: d.session })); } }
}
console.log('short queue, all executors free: us/call', ((cpu() - t) / M).toFixed(2));
}
if (N >= 100000) { t = cpu(); const j = scheduler.snapshot(s); console.log('snapshot ms', (cpu() - t) / 1e3); t = cpu(); scheduler.restore(j); console.log('restore ms', (cpu() - t) / 1e3); }
