/** Starts a service: transports first, then HTTP; SIGTERM drains and ends with code 0. */
import { growHeapBy } from './memory.ts';
import 'reflect-metadata';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WritError } from '@writ/contracts';
import { apiTransport } from './api-transport.ts';
import { readConfig, serviceEnvironment } from './config.ts';
import { LedgerTransport } from './ledger-transport.ts';
import { ServiceLog } from './service-log.ts';

export interface ServiceOptions {
  readonly name: string;
  readonly module: Type;
  /** The transport through which the ledger reaches it; its class, as provided in the module. */
  readonly transport?: Type<LedgerTransport> | (abstract new (...parts: never[]) => LedgerTransport);
  /** Taken unless `WRIT_HEAP_GROWTH_PERCENT` is set. */
  readonly heapGrowthPercent?: number;
}

/** Runs until the process is told to stop. A service that cannot start says why in one sentence and exits with 1. */
export async function runService(options: ServiceOptions): Promise<void> {
  try {
    await start(options);
  } catch (error) {
    const sentence = error instanceof WritError ? error.message : error;
    console.error(`writ ${options.name} cannot start:`, sentence);
    process.exit(1);
  }
}

async function start(options: ServiceOptions): Promise<INestApplication> {
  const config = readConfig(serviceEnvironment);
  const growth = config.WRIT_HEAP_GROWTH_PERCENT ?? options.heapGrowthPercent;
  if (growth !== undefined) growHeapBy(growth);
  const logger = new ServiceLog({
    json: true,
    logLevels: levelsFrom(config.WRIT_LOG_LEVEL),
    prefix: options.name,
  });
  const app = await NestFactory.create(options.module, { logger, abortOnError: false });
  app.enableShutdownHooks(undefined, { useProcessExit: true });
  if (options.transport) app.connectMicroservice({ strategy: app.get(options.transport) });
  app.connectMicroservice(apiTransport(options.name, config));
  await app.startAllMicroservices();
  await app.listen(config.WRIT_HTTP_PORT, config.WRIT_HTTP_HOST);
  logger.log(`listening on ${await app.getUrl()}`);
  return app;
}

function levelsFrom(level: string): ('error' | 'warn' | 'log' | 'debug')[] {
  const levels = ['error', 'warn', 'log', 'debug'] as const;
  return levels.slice(0, levels.indexOf(level as 'log') + 1);
}
