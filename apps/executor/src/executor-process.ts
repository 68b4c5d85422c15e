/** The executor's life in Nest: threads first, then pulls; on shutdown the running calls finish and are committed. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { NatsConnection } from '@nats-io/nats-core';
import { messageOf } from '@writ/contracts';
import type { SessionId } from '@writ/contracts';
import { DEFAULT_MAX_OUTPUT_BYTES } from '@writ/execution';
import type { Ledger } from '@writ/ledger';
import { CONNECTION, Health, LEDGER, SERVICE_CONFIG, TELEMETRY } from '@writ/service';
import type { ServiceEnvironment } from '@writ/service';
import type { Telemetry } from '@writ/telemetry';
import { adaptersOf } from './adapters.ts';
import { announceSession } from './announce-session.ts';
import { EXECUTOR_CONFIG } from './executor.config.ts';
import type { ExecutorConfig } from './executor.config.ts';
import { ExecutorAgent } from './executor-agent.ts';
import { runTraces } from './exported-traces.ts';
import { natsPorts } from './nats-ports.ts';
import { observedMetrics } from './observed-metrics.ts';
import { payloadBucket } from './payload-bucket.ts';
import { servePayloads } from './payload-service.ts';
import { Sandbox } from './sandbox.ts';
import { secretStore } from './secret-store.ts';
import { WorkerPool } from './worker-pool.ts';

@Injectable()
export class ExecutorProcess implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #agent: ExecutorAgent;
  readonly #pool: WorkerPool;
  readonly #sandbox: () => Promise<Sandbox>;
  readonly #stopServing: () => void;
  readonly #log: Logger;
  #ready = false;

  constructor(
    @Inject(EXECUTOR_CONFIG) config: ExecutorConfig,
    @Inject(SERVICE_CONFIG) service: ServiceEnvironment,
    @Inject(CONNECTION) connection: NatsConnection,
    @Inject(LEDGER) ledger: Ledger,
    @Inject(TELEMETRY) telemetry: Telemetry,
    @Inject(Health) health: Health,
  ) {
    this.#log = new Logger(config.WRIT_EXECUTOR);
    this.#pool = new WorkerPool({
      workers: config.WRIT_WORKERS,
      environment: passedOn(config.WRIT_TOOL_ENVIRONMENT),
      maxOutputBytes: DEFAULT_MAX_OUTPUT_BYTES,
    });
    // Found out once, when the first command comes or the start has time for it.
    let sandbox: Promise<Sandbox> | undefined;
    this.#sandbox = () => (sandbox ??= Sandbox.detect(config.WRIT_TOOL_USER));
    const inboxPrefix = service.WRIT_NATS_USER === undefined ? undefined : `_INBOX_${service.WRIT_NATS_USER}`;
    const adapters = adaptersOf({
      toolsFolder: config.WRIT_TOOLS,
      environment: process.env,
      processes: config.WRIT_PROCESSES,
      pool: this.#pool,
      sandbox: this.#sandbox,
      connection,
      inboxPrefix,
      random: Math.random,
    });
    const payloads = payloadBucket(connection);
    this.#stopServing = servePayloads(connection, payloads);
    const options = {
      executor: config.WRIT_EXECUTOR,
      slots: config.WRIT_SLOTS,
      pool: config.WRIT_POOL,
      labels: config.WRIT_LABELS,
      shared: {
        ...(config.WRIT_GPUS === undefined ? {} : { gpus: config.WRIT_GPUS }),
        ...(config.WRIT_MEMORY_GB === undefined ? {} : { memoryGb: config.WRIT_MEMORY_GB }),
      },
      onSession: (session: SessionId) => void this.#announce(config, ledger, session),
    };
    this.#agent = new ExecutorAgent(options, {
      ...natsPorts(connection, inboxPrefix),
      ledger,
      adapters,
      largeInputs: payloads,
      secrets: secretStore(process.env, config.WRIT_SECRETS),
      trouble: (error, doing) => this.#log.warn(`${doing}: ${messageOf(error)}`),
      metrics: observedMetrics(telemetry.meter, () => this.#agent.held),
      traces: runTraces(telemetry.tracing),
      now: Date.now,
      random: Math.random,
      newSession: () => `${Date.now().toString(36)}-${randomBytes(6).toString('hex')}`,
    });
    health.add('executor', () => (this.#ready ? undefined : 'its worker threads are starting'));
  }

  /** Only evidence depends on it: a session that cannot say where it runs works all the same. */
  async #announce(config: ExecutorConfig, ledger: Ledger, session: SessionId): Promise<void> {
    const { WRIT_EXECUTOR: executor, WRIT_POOL: pool, WRIT_LABELS: labels } = config;
    try {
      await announceSession(ledger, { executor, session, pool, node: hostname(), labels }, Date.now());
    } catch (error) {
      this.#log.warn(`session ${session} could not say where it runs: ${messageOf(error)}`);
    }
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.#pool.start();
    this.#agent.start();
    this.#ready = true;
    this.#log.log((await this.#sandbox()).describe());
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#ready = false;
    this.#stopServing();
    await this.#agent.stop();
  }
}

function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}
