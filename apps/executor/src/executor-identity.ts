/** Who an executor is when nobody names it: its host. Two executors on one host need names of their own. */
import { hostname } from 'node:os';
import { executorId } from '@writ/contracts';
import type { ExecutorId } from '@writ/contracts';

/** The host's name as a subject token. */
export function hostExecutorId(host: string = hostname()): ExecutorId {
  const token = host.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 64);
  return executorId.parse(token === '' ? 'executor' : token);
}
