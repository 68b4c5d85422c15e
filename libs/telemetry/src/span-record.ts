/** A span as plain data: known in full when it is written, with ids that follow from what it is about. */
import type { Attributes, SpanKind } from '@opentelemetry/api';
import type { Instant } from '@writ/contracts';
import type { SpanIds } from './trace-ids.ts';

export interface SpanRecord extends SpanIds {
  /** The service that did it; `writ-<service>` is the resource's `service.name`. */
  readonly service: string;
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent?: { readonly spanId: string; readonly isRemote: boolean } | undefined;
  readonly startMs: Instant;
  readonly endMs: Instant;
  readonly attributes: Attributes;
  /** What went wrong, in a sentence; absent: nothing. */
  readonly error?: string | undefined;
  readonly links?: readonly SpanIds[];
  readonly events?: readonly {
    readonly name: string;
    readonly atMs: Instant;
    readonly attributes: Attributes;
  }[];
}
