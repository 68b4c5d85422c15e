import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { Grant } from '@writ/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTraces } from './exported-traces.ts';

const GRANT = { tenant: 'acme', invocation: 'one', attempt: 1 } as Grant;

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

/** The trace of a run, and the one that its tool runs in, when such a share of calls is traced. */
function ranWith(ratio: number) {
  const traces = runTraces({ ratio, slowMs: 1_000, spans: { write: () => undefined } });
  const traceparent = traces.traceparent(GRANT) ?? '';
  const active = traces.within(traceparent, () => trace.getActiveSpan()?.spanContext());
  const [, traceId, spanId, flags] = traceparent.split('-');
  return { traceId, spanId, flags, active };
}

describe('a run', () => {
  it('of a sampled call: runs in the trace that it is handed', () => {
    const { traceId, spanId, flags, active } = ranWith(1);
    expect(flags).toBe('01');
    expect(active).toMatchObject({ traceId, spanId });
  });

  it('of another call: is handed the same trace, not sampled, and runs in none', () => {
    const { traceId, spanId } = ranWith(1);
    expect(ranWith(0)).toEqual({ traceId, spanId, flags: '00', active: undefined });
  });
});
