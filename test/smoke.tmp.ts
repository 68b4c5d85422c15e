import { mkdtempSync } from 'node:fs'; import { join } from 'node:path'; import { tmpdir } from 'node:os';
import { startSuite } from '../infra/dev/suite.ts';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import { GovernedToolExecutor } from '@writ/sdk';
import { publishCatalog } from './bench/catalog.ts';
const dir = mkdtempSync(join(tmpdir(),'writ-smoke-'));
const t0=performance.now(); const log=(...a:unknown[])=>console.log(((performance.now()-t0)/1000).toFixed(2),...a);
try {
const suite = await startSuite({ dir, tenant:'t0', agent:'bench', environment: { WRIT_TOOLS: new URL('./bench/tools', import.meta.url).pathname }, step: async (n,w)=>{ log(n); return w((l)=>log(' ',l)); }, say: (l)=>log(l) });
log('up', dir);
try {
const op = suite.login({kind:'operator'}); const nc = await connectNats({url: suite.connection.natsUrl, ...op, name:'op'}); const ledger = jetstreamLedger(nc,{inboxPrefix:'_INBOX_operator'});
await publishCatalog(ledger,'t0' as never); log('catalog');
const a = suite.connection.users.agent;
const ex = await GovernedToolExecutor.connect({ server: suite.connection.natsUrl, user: a.user, password: a.password, tenant:'t0', agent:'bench', policies:['no-destructive-ops-in-production'] });
log('connected');
for (let i=0;i<3;i++) { const r = await ex.run({tool:'echo', inputs:{candidate:'C', repeat:0}, budgetTag:'bench'}); log(JSON.stringify(r)); }
const ts:number[]=[]; for (let i=0;i<300;i++){ const s=performance.now(); await ex.run({tool:'echo', inputs:{candidate:'C', repeat:0}}); ts.push(performance.now()-s);} ts.sort((x,y)=>x-y); log('idle p50',ts[150],'p99',ts[297]);
let n=0; const N=Number(process.argv[2]??20000); const s=performance.now(); await Promise.all(Array.from({length:512},async()=>{ while(n<N){n++; const r=await ex.run({tool:'echo', inputs:{candidate:'C'+n, repeat:0}}); if (r.status!=='succeeded') console.log(r);} })); log('sdk rate', N/((performance.now()-s)/1000));
await ex.close();
} catch(e) { log('FAILED', e); }
await suite.stop();
} catch (e) { log(e); }
log('stopped'); process.exit();
