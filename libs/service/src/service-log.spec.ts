import { ROOT_CONTEXT, context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceLog } from './service-log.ts';

class Lines extends ServiceLog {
  readonly lines: Record<string, unknown>[] = [];

  constructor() {
    super({ json: true });
  }

  protected override printAsJson(...said: Parameters<ServiceLog['printAsJson']>): void {
    this.lines.push({ ...this.getJsonLogObject(...said) });
  }
}

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe('a line of the log', () => {
  it('written in a trace: names trace and span', () => {
    const log = new Lines();
    const ids = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 };
    context.with(trace.setSpanContext(ROOT_CONTEXT, ids), () => log.log('hello'));
    expect(log.lines).toMatchObject([{ message: 'hello', trace_id: ids.traceId, span_id: ids.spanId }]);
  });

  it('written outside of one: names none', () => {
    const log = new Lines();
    log.log('hello');
    expect(log.lines[0]).not.toHaveProperty('trace_id');
  });
});
