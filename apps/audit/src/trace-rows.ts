/** Rows of invocations that the next transaction stores, as bytes: what has ended need not stay in memory as objects. */
import type { Trace } from '@writ/provenance';
import { CopyRows } from './copy-rows.ts';
import { monthOf } from './months.ts';
import { readTrace, writeTrace } from './trace-row.ts';

export class TraceRows {
  readonly ids = new CopyRows();
  readonly invocations = new CopyRows();
  /** In which they were first heard of. */
  readonly months = new Set<number>();

  /** Returns the row's place. An invocation may have one row here. */
  add(trace: Trace): number {
    this.months.add(monthOf(trace.firstAt));
    this.ids.begin(4);
    this.ids.text(trace.tenant);
    this.ids.text(trace.invocation);
    this.ids.bigint(trace.firstSeq);
    this.ids.time(trace.firstAt);
    return writeTrace(this.invocations, trace);
  }

  /** A trace as it was added. */
  read(place: number): Trace {
    return readTrace(this.invocations, place);
  }

  /** Begins anew in the same bytes. */
  clear(): void {
    this.ids.clear();
    this.invocations.clear();
    this.months.clear();
  }
}
