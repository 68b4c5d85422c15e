/** Configuration: zod over the environment, with defaults, checked before anything starts. */
import { z } from 'zod';
import { WritError } from '@writ/contracts';

/** What every service reads. */
export const serviceEnvironment = z.object({
  /** Servers, comma separated. */
  WRIT_NATS_URL: z.string().default('nats://127.0.0.1:4222'),
  WRIT_NATS_USER: z.string().optional(),
  WRIT_NATS_PASSWORD: z.string().optional(),
  /** Port of `/healthz`, `/readyz` and `/metrics`; 0 takes a free one. */
  WRIT_HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  /** Address that the HTTP server listens on. */
  WRIT_HTTP_HOST: z.string().default('127.0.0.1'),
  WRIT_LOG_LEVEL: z.enum(['error', 'warn', 'log', 'debug']).default('log'),
  /** Percent by which a service's heap may grow before it is collected; without it as the service was measured best. */
  WRIT_HEAP_GROWTH_PERCENT: z.coerce.number().int().min(10).max(1_000).optional(),
  /** Base URL of an OTLP/HTTP receiver of traces and metrics; without it nothing is exported. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(['http/protobuf', 'http/json']).default('http/protobuf'),
  /** Share of the calls whose agent does not say whether it traces; errors, denials, approvals, slow calls are always kept. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.01),
  /** Milliseconds that spans wait for others before they are exported. */
  OTEL_BSP_SCHEDULE_DELAY: z.coerce.number().int().positive().default(5_000),
  /** Milliseconds between two exports of metrics. */
  OTEL_METRIC_EXPORT_INTERVAL: z.coerce.number().int().positive().default(60_000),
  /** The trace of a call that takes longer is kept. */
  WRIT_TRACE_SLOW_MS: z.coerce.number().int().nonnegative().default(10_000),
});
export type ServiceEnvironment = z.infer<typeof serviceEnvironment>;

/**
 * Reads and checks the environment.
 * @throws WritError `bad-config` that names each variable, what is wrong with it and what would be right.
 */
export function readConfig<Schema extends z.ZodType>(
  schema: Schema,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): z.infer<Schema> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  throw new WritError('bad-config', `the environment is not right:\n${z.prettifyError(parsed.error)}`);
}
