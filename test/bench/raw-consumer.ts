/** The consuming half of the raw baseline, in a process of its own: an ordered consumer that counts. */
import { jetstream } from '@nats-io/jetstream';
import { connectNats } from '@writ/ledger';

const [url = '', stream = '', wanted = '0'] = process.argv.slice(2);
const connection = await connectNats({ url, name: 'raw-consumer' });
const consumer = await jetstream(connection).consumers.get(stream);
let seen = 0;
await consumer.consume({
  max_messages: 1_000,
  callback: (message) => {
    message.json();
    seen += 1;
    if (seen === Number(wanted)) process.send?.('done');
  },
});
process.send?.('ready');
