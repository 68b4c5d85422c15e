/** Alerts and turns of circuits in the log of the process that committed them. */
import { Controller, Logger } from '@nestjs/common';
import type { CommittedFact } from '@writ/ledger';
import { OnCommitted } from '@writ/service';

@Controller()
export class BreakerLogController {
  readonly #log = new Logger('breakers');

  @OnCommitted()
  tell(committed: readonly CommittedFact[]): void {
    for (const { fact, seq } of committed) {
      switch (fact.type) {
        case 'alert.raised':
          this.#log.warn(`${fact.data.alert}, tenant ${fact.tenant}, sequence ${seq}: ${fact.data.detail}`);
          break;
        case 'breaker.half-opened':
        case 'breaker.closed':
        case 'breaker.force-expired':
          this.#log.log(`${fact.type} ${fact.data.scope}, tenant ${fact.tenant}, sequence ${seq}`);
          break;
        default:
      }
    }
  }
}
