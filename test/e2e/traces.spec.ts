/**
 * One trace a call, over agent, services and tool, as a receiver of OTLP gets it: the services and the tool send protobuf, the
 * agent JSON. The ratio is 0, so what is kept is kept because of its agent or of what became of the call.
 */
import { readFile, writeFile, chmod } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { suppressTracing } from '@opentelemetry/core';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GovernedToolExecutor, serveTool } from '@writ/sdk';
import type { CallOutcome, ToolWorker } from '@writ/sdk';
import { METRICS, exposedNames } from '@writ/telemetry';
import type { Metric } from '@writ/telemetry';
import { eventually } from '@writ/testkit';
import { SERVICES } from '../../infra/nats/principals.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts';
import { named, namesOf, orphansIn, wholeTrace } from './received-traces.ts';
import { tracedTools } from './traced-tools.ts';
import { startTestSuite } from './suite.ts';
import type { TestSuite } from './suite.ts';

let suite: TestSuite;
let agent: GovernedToolExecutor;
let receiver: OtlpReceiver;
let busy: Server;
let worker: ToolWorker;
let providers: TracerProvider[];
/** `traceparent` of the requests that the busy server got. */
const handed: string[] = [];

function provider(name: string, exporter: SpanExporter): TracerProvider {
  const spanProcessors = [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 100 })];
  return new TracerProvider({ resource: resourceFromAttributes({ 'service.name': name }), spanProcessors });
}

/** Says "busy" once, then answers. */
async function startBusyServer(): Promise<number> {
  busy = createServer((request, response) => {
    handed.push(String(request.headers['traceparent']));
    response.writeHead(handed.length === 1 ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
  return (busy.address() as AddressInfo).port;
}

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  const url = `${receiver.url}/v1/traces`;
  const agentTraces = provider('agent', new JsonExporter({ url }));
  const toolTraces = provider('tool', new ProtobufExporter({ url }));
  providers = [agentTraces, toolTraces];
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(agentTraces);
  suite = await startTestSuite({
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_TRACES_SAMPLER_ARG: '0',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      OTEL_METRIC_EXPORT_INTERVAL: '2000',
    },
  });
  await suite.govern(tracedTools(await startBusyServer()));
  const { natsUrl, users } = suite.connection;
  const lab = { server: natsUrl, tenant: 'lab' };
  agent = await GovernedToolExecutor.connect({ ...lab, ...users.agent, auditLog: 'e2e' });
  const tracer = toolTraces.getTracer('dock');
  const dock = (): object => tracer.startActiveSpan('score', (span) => (span.end(), { score: 1 }));
  worker = await serveTool('dock', dock, { ...lab, ...users.worker });
});

afterAll(async () => {
  await agent?.close();
  await worker?.stop();
  await suite?.stop();
  for (const each of providers) await each.shutdown();
  await receiver.close();
  await new Promise((resolve) => busy.close(resolve));
});

/** An agent that does not trace. */
function untraced<T>(work: () => T): T {
  return context.with(suppressTracing(context.active()), work);
}

async function traceOf({ invocation }: Pick<CallOutcome, 'invocation'>): Promise<readonly ReceivedSpan[]> {
  return wholeTrace(receiver, invocation);
}

/** The call that `writ <list>` shows first, as soon as it shows one. */
async function firstIn(list: string): Promise<string> {
  const first = async (): Promise<string> => {
    const { out } = await suite.writ('--json', list);
    return (JSON.parse(out || '[]') as { invocation: string }[])[0]?.invocation ?? '';
  };
  return eventually(first, { withinMs: 60_000, what: `a call in ${list}` });
}

const GOVERNED = ['writ-policy: decide', 'writ-budget: reserve', 'writ-scheduler: wait in queue'];

describe('a call of an agent that traces', () => {
  it('that is allowed: is one trace from the agent to the tool', async () => {
    const outcome = await agent.run({ tool: 'dock' });
    expect(outcome).toMatchObject({ status: 'succeeded' });
    const spans = await traceOf(outcome);
    await eventually(async () => receiver.spans.some(({ name }) => name === 'score'), {
      withinMs: 30_000,
      what: "the tool's own span",
    });
    const all = receiver.spans.filter(({ traceId }) => traceId === spans[0]?.traceId);
    expect(namesOf(all).toSorted()).toEqual(
      [
        'agent: writ.ask dock',
        'tool: score',
        'writ-calls: execute_tool dock',
        'writ-executor: execute',
        'writ-executor: run dock',
        'writ-executor: start',
        ...GOVERNED,
      ].toSorted(),
    );
    const parentOf = (name: string): string | undefined =>
      all.find(({ spanId }) => spanId === named(all, name).parentSpanId)?.name;
    expect(parentOf('score')).toBe('run dock');
    expect(parentOf('run dock')).toBe('execute');
    expect(parentOf('execute')).toBe('execute_tool dock');
    expect(parentOf('execute_tool dock')).toBe('writ.ask dock');
    expect(named(all, 'writ.ask dock').parentSpanId).toBe('');
    expect(named(all, 'execute_tool dock').attributes).toMatchObject({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'dock',
      'gen_ai.tool.call.id': outcome.invocation,
      'writ.kept': 'sampled',
    });
  });

  it('that runs in a step: its calls share the trace, each with its own hops', async () => {
    const [first, second] = await agent.runStep([{ tool: 'dock' }, { tool: 'wipe' }]);
    const spans = await traceOf(first as CallOutcome);
    await traceOf(second as CallOutcome);
    const calls = receiver.spans.filter(
      ({ traceId, name }) => traceId === spans[0]?.traceId && name.startsWith('execute_tool'),
    );
    expect(calls.map(({ name, failed }) => `${name} ${failed}`).toSorted()).toEqual([
      'execute_tool dock false',
      'execute_tool wipe true',
    ]);
  });
});

describe('a call of an agent that does not trace', () => {
  it('that succeeds at once: is not kept; one that is denied is, with its reason', async () => {
    const plain = await untraced(() => agent.run({ tool: 'dock' }));
    const denied = await untraced(() => agent.run({ tool: 'wipe' }));
    expect([plain.status, denied.status]).toEqual(['succeeded', 'denied']);
    const spans = await traceOf(denied);
    expect(namesOf(spans)).toEqual(['writ-calls: execute_tool wipe', 'writ-policy: decide']);
    expect(named(spans, 'execute_tool wipe')).toMatchObject({
      failed: true,
      parentSpanId: '',
      attributes: { 'error.type': 'denied', 'writ.kept': 'denial' },
    });
    const decide = named(spans, 'decide');
    expect(decide.attributes['writ.reason']).toContain('no-wipe');
    const batches = receiver.spans.filter(({ name }) => name === 'publish writ.{tenant}.decisions');
    expect(batches.map(({ spanId }) => spanId)).toContain(decide.links[0]?.spanId);
    // Kept calls end in the order of the ledger, so the plain one would have come first.
    expect(
      receiver.spans.filter(({ attributes }) => attributes['writ.invocation'] === plain.invocation),
    ).toEqual([]);
  });

  it('that waits for a person: the wait is a span with the vote, and the whole call is kept', async () => {
    const asked = untraced(() => agent.run({ tool: 'synthesize', inputs: {} }));
    const invocation = await firstIn('approvals');
    expect(await suite.writ('approve', invocation, '--reason', 'fine')).toMatchObject({ code: 0 });
    const outcome = await asked;
    expect(outcome).toMatchObject({ status: 'succeeded' });
    const spans = await traceOf(outcome);
    expect(namesOf(spans).toSorted()).toEqual(
      [
        ...GOVERNED,
        'writ-calls: execute_tool synthesize',
        'writ-executor: execute',
        'writ-executor: run synthesize',
        'writ-policy: await approval',
        'writ-policy: decide',
      ].toSorted(),
    );
    expect(named(spans, 'await approval')).toMatchObject({
      events: ['vote approve'],
      attributes: {
        'writ.approval.result': 'granted',
        'writ.wait.reason': expect.stringContaining('ask-first'),
      },
    });
  });

  it('that is tried again: both attempts are there, and the tool was handed the span of each', async () => {
    const outcome = await untraced(() => agent.run({ tool: 'assay' }));
    expect(outcome).toMatchObject({ status: 'succeeded', attempt: 2 });
    const spans = await traceOf(outcome);
    const runs = spans.filter(({ name }) => name === 'run assay');
    expect(runs.map(({ failed }) => failed)).toEqual([true, false]);
    expect(handed.map((each) => each.split('-').slice(1, 3).join('-'))).toEqual(
      runs.map(({ traceId, spanId }) => `${traceId}-${spanId}`),
    );
    const waits = spans.filter(({ name }) => name === 'wait in queue');
    expect(waits.map(({ attributes }) => attributes['writ.wait.reason'])).toEqual([
      'its turn',
      'a pause after attempt 1 failed',
    ]);
  });

  it('whose executor is lost: it says that nobody saw the end, and who said what became of it', async () => {
    const file = join(suite.dir, 'order');
    await chmod(suite.dir, 0o777);
    await writeFile(file, '');
    await chmod(file, 0o666);
    const asked = untraced(() => agent.run({ tool: 'order', inputs: { file } }));
    const begun = async (): Promise<boolean> =>
      (await readFile(`${file}.trace`, 'utf8').catch(() => '')) !== '';
    await eventually(begun, { withinMs: 30_000, what: 'it has begun' });
    await suite.kill('executor');
    await suite.restart('executor');
    const invocation = await firstIn('indeterminate');
    expect(await suite.writ('resolve', invocation, '--as', 'succeeded', '--reason', 'it came')).toMatchObject(
      {
        code: 0,
      },
    );
    const outcome = await asked;
    expect(outcome).toMatchObject({ status: 'indeterminate-resolved' });
    const spans = await traceOf(outcome);
    expect(namesOf(spans).toSorted()).toEqual(
      [
        ...GOVERNED,
        'writ-calls: execute_tool order',
        'writ-executor: execute',
        'writ-executor: run order',
        'writ-executor: start',
        'writ-scheduler: await resolution',
      ].toSorted(),
    );
    const run = named(spans, 'run order');
    expect(run).toMatchObject({ failed: true, attributes: { 'error.type': 'executor-lost' } });
    expect(await readFile(`${file}.trace`, 'utf8')).toContain(`${run.traceId}-${run.spanId}`);
    expect(named(spans, 'await resolution').attributes['writ.wait.reason']).toContain('nobody saw');
  });
});

it('everything that was received: no span is an orphan, none ends before it begins, both formats came', () => {
  expect(orphansIn(receiver.spans)).toEqual([]);
  expect(receiver.spans.filter(({ start, end }) => end < start)).toEqual([]);
  expect([...receiver.formats].toSorted()).toEqual(['application/json', 'application/x-protobuf']);
});

it('every metric that has a name stands on the page of some service', async () => {
  // The executor is a new one: it has run nothing yet.
  expect(await agent.run({ tool: 'dock' })).toMatchObject({ status: 'succeeded' });
  const services = Object.values(suite.connection.services);
  const pages = await Promise.all(services.map(async ({ http }) => (await fetch(`${http}/metrics`)).text()));
  const shown = new Set(pages.flatMap((page) => page.match(/^writ_\w+/gm) ?? []));
  const wanted = (Object.keys(METRICS) as Metric[]).flatMap((metric) => exposedNames(metric));
  expect(wanted.filter((name) => !shown.has(name))).toEqual([]);
});

it('metrics come from every service', async () => {
  const services = ['policy', 'budget', 'scheduler', 'executor', 'audit'];
  const all = async (): Promise<boolean> =>
    services.every((name) => [...receiver.metrics].some((metric) => metric.startsWith(`writ-${name} `)));
  await eventually(all, { withinMs: 30_000, what: 'metrics of every service' });
});

it('no service has anything to complain about what was exported, or about how it was answered', async () => {
  const logs = join(suite.dir, '.writ', 'logs');
  const texts = await Promise.all(SERVICES.map((name) => readFile(join(logs, `${name}.log`), 'utf8')));
  const complaints = texts.flatMap((text) =>
    text.split('\n').filter((line) => line.includes('"context":"telemetry"')),
  );
  expect(complaints).toEqual([]);
});
