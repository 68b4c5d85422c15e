/** DESTRUCTIVE: deletes every synthesis order. In production no rule lets it run. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ordersFolder } from './orders.mjs';

export async function run() {
  const folder = ordersFolder();
  const orders = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  for (const order of orders) await rm(join(folder, order));
  return { purged: orders.length };
}
