/** A TCP port that nobody listens on. Two services must never share a default port with what a machine already runs. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The kernel does not hand the same one out again soon, so it is still free when a server starts on it. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
