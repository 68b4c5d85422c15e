/** A receiver of OTLP over HTTP, protobuf and JSON: what it has got, as one flat list of spans and the names of metrics. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { hexAt, messagesAt, numberAt, readMessage, textAt } from './otlp-protobuf.ts';
import type { Message } from './otlp-protobuf.ts';

export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** Nanoseconds since the epoch. */
  readonly start: bigint;
  readonly end: bigint;
  readonly failed: boolean;
  /** Texts as they are, all else as JSON. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events: readonly string[];
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** `service metric`. */
  readonly metrics: ReadonlySet<string>;
  /** Content types of the requests. */
  readonly formats: ReadonlySet<string>;
  close(): Promise<void>;
}

const FAILED = 2;

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics = new Set<string>();
  const formats = new Set<string>();
  const take = (path: string | undefined, type: string, body: Buffer): void => {
    formats.add(type);
    const plain = type === 'application/json';
    if (path === '/v1/traces')
      spans.push(...(plain ? spansOfJson(body) : spansOfProtobuf(readMessage(body))));
    else
      for (const name of plain ? metricsOfJson(body) : metricsOfProtobuf(readMessage(body)))
        metrics.add(name);
  };
  const server = createServer((request, response) => {
    const type = request.headers['content-type'] ?? '';
    bodyOf(request)
      .then((body) => take(request.url, type, body))
      .then(
        () => accept(response, type),
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    formats,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** That all was taken: an empty message in the format of the request. */
function accept(response: ServerResponse, type: string): void {
  response.writeHead(200, { 'content-type': type }).end(type === 'application/json' ? '{}' : '');
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
}

function spansOfProtobuf(request: Message): ReceivedSpan[] {
  return messagesAt(request, 1).flatMap((perResource) => {
    const [resource] = messagesAt(perResource, 1);
    const service = attributesAt(resource as Message, 1)['service.name'] ?? '';
    const spans = messagesAt(perResource, 2).flatMap((perScope) => messagesAt(perScope, 2));
    return spans.map((span) => ({
      service,
      traceId: hexAt(span, 1),
      spanId: hexAt(span, 2),
      parentSpanId: hexAt(span, 4),
      name: textAt(span, 5),
      start: numberAt(span, 7),
      end: numberAt(span, 8),
      failed: messagesAt(span, 15).some((status) => numberAt(status, 3) === BigInt(FAILED)),
      attributes: attributesAt(span, 9),
      links: messagesAt(span, 13).map((link) => ({ traceId: hexAt(link, 1), spanId: hexAt(link, 2) })),
      events: messagesAt(span, 11).map((event) => textAt(event, 2)),
    }));
  });
}

function attributesAt(message: Message, field: number): Record<string, string> {
  const pairs = messagesAt(message, field).map((pair) => [textAt(pair, 1), valueOf(messagesAt(pair, 2)[0])]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function valueOf(value: Message = new Map()): string {
  if (value.has(1)) return textAt(value, 1);
  if (value.has(5)) return JSON.stringify(messagesAt(messagesAt(value, 5)[0] as Message, 1).map(valueOf));
  return String(value.get(2)?.[0] ?? value.get(3)?.[0] ?? '');
}

function metricsOfProtobuf(request: Message): string[] {
  return messagesAt(request, 1).flatMap((perResource) => {
    const [resource] = messagesAt(perResource, 1);
    const service = attributesAt(resource as Message, 1)['service.name'];
    const names = messagesAt(perResource, 2).flatMap((perScope) => messagesAt(perScope, 2));
    return names.map((metric) => `${service} ${textAt(metric, 1)}`);
  });
}

interface JsonAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface JsonSpan extends Pick<ReceivedSpan, 'traceId' | 'spanId' | 'name'> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly JsonAttribute[];
  readonly status?: { readonly code?: number };
  readonly links?: ReceivedSpan['links'];
  readonly events?: readonly { readonly name: string }[];
}

interface JsonResource {
  readonly resource: { readonly attributes: readonly JsonAttribute[] };
}

function spansOfJson(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(body.toString()) as {
    readonly resourceSpans: readonly (JsonResource & {
      readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
    })[];
  };
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, name, links = [], events = [], ...span }) => ({
        service: textsOf(resource.attributes)['service.name'] ?? '',
        traceId,
        spanId,
        name,
        parentSpanId: span.parentSpanId ?? '',
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        failed: span.status?.code === FAILED,
        attributes: textsOf(span.attributes),
        links,
        events: events.map((event) => event.name),
      })),
    ),
  );
}

function textsOf(attributes: readonly JsonAttribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(value['stringValue'] ?? Object.values(value)[0])]),
  );
}

function metricsOfJson(body: Buffer): string[] {
  const { resourceMetrics } = JSON.parse(body.toString()) as {
    readonly resourceMetrics: readonly (JsonResource & {
      readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
    })[];
  };
  return resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.map(({ name }) => `${textsOf(resource.attributes)['service.name']} ${name}`),
    ),
  );
}
