/** What every service shares: its configuration, one NATS connection, the ledger on it, telemetry. */
import { Global, Inject, Logger, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { connectNats, jetstreamLedger } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import { startTelemetry } from '@writ/telemetry';
import type { Export, Telemetry } from '@writ/telemetry';
import { readConfig, serviceEnvironment } from './config.ts';
import type { ServiceEnvironment } from './config.ts';
import { HealthController } from './health.controller.ts';
import { Health } from './health.ts';
import { CONNECTION, LEDGER, SERVICE_CONFIG, SERVICE_NAME, TELEMETRY } from './tokens.ts';

/** How long closing may take when the server does not answer any more. */
const CLOSE_DEADLINE_MS = 5_000;

@Global()
@Module({})
export class ConnectionModule implements OnApplicationShutdown {
  readonly #connection: NatsConnection;
  readonly #telemetry: Telemetry;

  constructor(@Inject(CONNECTION) connection: NatsConnection, @Inject(TELEMETRY) telemetry: Telemetry) {
    this.#connection = connection;
    this.#telemetry = telemetry;
  }

  static forService(name: string): DynamicModule {
    return {
      module: ConnectionModule,
      controllers: [HealthController],
      providers: [
        Health,
        { provide: SERVICE_NAME, useValue: name },
        { provide: SERVICE_CONFIG, useFactory: () => readConfig(serviceEnvironment) },
        {
          provide: CONNECTION,
          useFactory: (config: ServiceEnvironment) => connect(name, config),
          inject: [SERVICE_CONFIG],
        },
        { provide: LEDGER, useFactory: ledgerOn, inject: [CONNECTION, SERVICE_CONFIG] },
        {
          provide: TELEMETRY,
          useFactory: (config: ServiceEnvironment) => startTelemetry(name, exportAs(config)),
          inject: [SERVICE_CONFIG],
        },
      ],
      exports: [Health, SERVICE_NAME, SERVICE_CONFIG, CONNECTION, LEDGER, TELEMETRY],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.race([
      this.#connection.drain().catch(() => undefined),
      new Promise((resolve) => setTimeout(resolve, CLOSE_DEADLINE_MS).unref()),
    ]);
    await this.#connection.close();
    await this.#telemetry.shutdown();
  }
}

function connect(name: string, config: ServiceEnvironment): Promise<NatsConnection> {
  return connectNats({
    url: config.WRIT_NATS_URL,
    user: config.WRIT_NATS_USER,
    password: config.WRIT_NATS_PASSWORD,
    name: `writ-${name}`,
  });
}

function ledgerOn(connection: NatsConnection, config: ServiceEnvironment): Ledger {
  return jetstreamLedger(
    connection,
    config.WRIT_NATS_USER === undefined ? {} : { inboxPrefix: `_INBOX_${config.WRIT_NATS_USER}` },
  );
}

function exportAs(config: ServiceEnvironment): Export | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = config;
  if (endpoint === undefined) return undefined;
  const log = new Logger('telemetry');
  return {
    endpoint,
    protocol: config.OTEL_EXPORTER_OTLP_PROTOCOL,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    slowMs: config.WRIT_TRACE_SLOW_MS,
    spansWaitMs: config.OTEL_BSP_SCHEDULE_DELAY,
    metricsEveryMs: config.OTEL_METRIC_EXPORT_INTERVAL,
    log: (sentence) => log.warn(sentence),
  };
}
