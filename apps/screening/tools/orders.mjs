/** Where synthesis orders lie: WRIT_ORDERS when the executor passes it on, else `.writ/orders` of this clone. */
import { fileURLToPath } from 'node:url';

export function ordersFolder() {
  return process.env['WRIT_ORDERS'] ?? fileURLToPath(new URL('../../../.writ/orders', import.meta.url));
}
