/** Tells agents what was decided for them, after it is in the ledger: `writ.<tenant>.notices.<agent>`, not stored. */
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
      const agent = (fact.data as { readonly agent?: AgentId }).agent;
      if (agent === undefined) continue;
      const subject = subjects.notices(fact.tenant, agent);
      const batch = bySubject.get(subject);
      if (batch) batch.push(json);
      else bySubject.set(subject, [json]);
    }
    for (const [subject, batch] of bySubject) this.#connection.publish(subject, `[${batch.join(',')}]`);
  }
}
