/**
 * `leader.elected`: what a new leader writes to each live tenant's subject before it decides anything. It moves the
 * subject's sequence, so a leader that was paused and wakes up conflicts with its next append and steps down.
 */
import type { Fact, Instant } from '@writ/contracts';
import { encodeEvent, parseSubject } from '@writ/contracts';
import type { Append } from '../port.ts';

export interface Election {
  readonly service: string;
  /** Of its fold. */
  readonly version: number;
  readonly holder: string;
  readonly term: number;
  readonly now: Instant;
  readonly subjects: readonly string[];
  readonly tails: ReadonlyMap<string, number>;
}

/** One fence a subject; a conflict on any of them means that somebody else is still writing. */
export function fenceCommits(election: Election): Append[] {
  const { service, version, holder, term, now, subjects, tails } = election;
  const time = new Date(now).toISOString();
  return subjects.map((subject) => {
    const parts = parseSubject(subject);
    const id = `${holder}-${term}.elected.${parts?.tenant}`;
    const data = { service, leader: holder, term, version };
    const fact = { type: 'leader.elected', tenant: parts?.tenant, data } as Fact<'leader.elected'>;
    return {
      subject,
      id,
      data: Buffer.from(`[${encodeEvent(fact, id, `writ/${service}`, time)}]`),
      expected: tails.get(subject) ?? 0,
    };
  });
}
