/** When two facts are the same, and when they answer the same question. */
import type { Fact } from '@writ/contracts';

/** Bit for bit: what is not data (id, source, time) is the host's, not decided. */
export function isSame(a: Fact, b: Fact): boolean {
  return a.type === b.type && a.tenant === b.tenant && JSON.stringify(a.data) === JSON.stringify(b.data);
}

/** Whether both are about one call, circuit, alert, step, node or account. */
export function isAboutTheSame(a: Fact, b: Fact): boolean {
  return a.tenant === b.tenant && subjectOf(a) === subjectOf(b);
}

/** What a decision is about. A run's nodes are decided one by one. */
export function subjectOf({ type, data }: Pick<Fact, 'type' | 'data'>): string {
  const named = data as Readonly<Record<string, string | undefined>>;
  const key = SUBJECT_FIELDS.find((field) => named[field] !== undefined);
  if (key === undefined) return type;
  return key === 'run' ? `run ${named['run']}/${named['node'] ?? ''}` : `${key} ${named[key]}`;
}

const SUBJECT_FIELDS = ['invocation', 'scope', 'alert', 'step', 'run', 'account', 'executor', 'event'];
