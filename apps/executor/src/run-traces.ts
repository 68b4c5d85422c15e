/**
 * What an executor traces. The span of a tool's run is made later, from the facts; its id is known before, so the tool can
 * hang its own spans below it and our log lines can name it.
 */
import type { Grant } from '@writ/contracts';
import type { WrittenBatch } from '@writ/service';

export interface RunTraces {
  /** Undefined when nobody traces. */
  traceparent(grant: Grant): string | undefined;
  /** Runs `work` in that trace. */
  within<T>(traceparent: string | undefined, work: () => T): T;
  /** A commit of this executor stands in the ledger. */
  committed(batch: WrittenBatch): void;
}

/** Where no traces are exported, an agent's own trace is handed on as it came. */
export const handedOn: RunTraces = {
  traceparent: (grant) => grant.traceparent,
  within: (_traceparent, work) => work(),
  committed: () => undefined,
};
