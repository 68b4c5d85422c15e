/** Any NATS client can take part: no SDK of ours, only @nats-io/transport-node. Usage: URL USER PASSWORD TENANT AGENT TEXT */
import { connect } from '@nats-io/transport-node';

const [servers, user, pass, tenant, agent, text] = process.argv.slice(2);
const nats = await connect({ servers, user, pass, inboxPrefix: `_INBOX_${user}` });
const invocation = crypto.randomUUID();

const notices = nats.subscribe(`writ.${tenant}.notices.${agent}`);
await nats.flush();

const event = {
  specversion: '1.0',
  id: crypto.randomUUID(),
  source: 'plain-client',
  type: 'tool.requested',
  data: { calls: [{ invocation, tool: 'echo', inputs: { text } }] },
};
const ack = await nats.request(`writ.${tenant}.requests.${agent}`, JSON.stringify(event));
console.log('in the ledger at', ack.json().seq);

for await (const message of notices) {
  for (const { type, data } of message.json()) {
    if (data.invocation !== invocation) continue;
    console.log(
      type,
      JSON.stringify(data.verdict ?? data.outcome ?? data.reason),
      JSON.stringify(data.output ?? null),
    );
    if (type === 'execution.completed') await nats.close();
  }
}
