import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { CONNECT_TIMEOUT_MS, connectNats } from './connect.ts';

const INFO = { server_id: 'x', version: '2.12.0', proto: 1, headers: true, max_payload: 1_048_576 };

it(
  'a server that dies before it has answered CONNECT: is given up after the bound, not after the 20 s of the client',
  async () => {
    const dying = createServer((socket) => {
      socket.write(`INFO ${JSON.stringify(INFO)}\r\n`);
      socket.once('data', () => socket.destroy());
    });
    dying.listen(0, '127.0.0.1');
    await once(dying, 'listening');
    const url = `nats://127.0.0.1:${(dying.address() as AddressInfo).port}`;
    await expect(connectNats({ url, name: 'test' })).rejects.toThrow('timeout');
    dying.close();
  },
  3 * CONNECT_TIMEOUT_MS,
);
