/**
 * Tells agents what was decided for them, and people that they were skipped in an emergency, after it is in the ledger:
 * `writ.<tenant>.notices.<name>`, not stored.
 */
import { Controller, Inject } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { subjects } from '@writ/contracts';
import type { AgentId } from '@writ/contracts';
import type { CommittedFact } from '@writ/ledger';
import { OnCommitted } from './ledger-transport.ts';
import { CONNECTION } from './tokens.ts';

@Controller()
export class NoticesController {
  readonly #connection: NatsConnection;

  constructor(@Inject(CONNECTION) connection: NatsConnection) {
    this.#connection = connection;
  }

  @OnCommitted()
  notify(committed: readonly CommittedFact[]): void {
    const bySubject = new Map<string, string[]>();
    for (const { fact, json } of committed) {
      const { agent } = fact.data as { readonly agent?: AgentId };
      if (agent !== undefined) add(bySubject, subjects.notices(fact.tenant, agent), json);
      else if (fact.type === 'approval.granted')
        for (const person of fact.data.breakGlass?.skipped ?? [])
          add(bySubject, subjects.notices(fact.tenant, person as AgentId), json);
    }
    for (const [subject, batch] of bySubject) this.#connection.publish(subject, `[${batch.join(',')}]`);
  }
}

function add(bySubject: Map<string, string[]>, subject: string, json: string): void {
  const batch = bySubject.get(subject);
  if (batch) batch.push(json);
  else bySubject.set(subject, [json]);
}
