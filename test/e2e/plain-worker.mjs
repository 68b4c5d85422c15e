/** A tool worker by nothing but a NATS client: `node plain-worker.mjs <url> <user> <password> <tenant> <worker>`. */
import { connect } from '@nats-io/transport-node';

const [, , servers, user, pass, tenant, worker] = process.argv;
const connection = await connect({ servers, user, pass });
const calls = connection.subscribe(`writ.${tenant}.workers.${worker}`, { queue: 'writ-workers' });
// Only once the server knows that it listens.
await connection.flush();
console.log('serving');
for await (const request of calls) {
  const { inputs } = request.json();
  const say = (message) => request.respond(JSON.stringify(message));
  say({ type: 'progress', note: { percent: 50 } });
  if (typeof inputs.text === 'string') {
    say({ type: 'result', output: inputs.text.toUpperCase(), usage: { characters: inputs.text.length } });
  } else {
    say({ type: 'error', error: { code: 'no-text', message: 'there is no text in the inputs' } });
  }
}
