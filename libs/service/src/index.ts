/** What every Nest service shares: configuration, connection, health, the ledger and api transports, start and stop. */
export {
  ApiCall,
  answered,
  apiTransport,
  callingTenant,
  isInbox,
  jsonOf,
  requestBody,
} from './api-transport.ts';
export { runService } from './bootstrap.ts';
export { BatchSpans } from './batch-spans.ts';
export { readConfig, serviceEnvironment } from './config.ts';
export { ConnectionModule } from './connection.module.ts';
export { DeciderTransport } from './decider-transport.ts';
export { DeciderModule } from './decider.module.ts';
export { Health } from './health.ts';
export { LedgerTransport, OnCommitted } from './ledger-transport.ts';
export { CONNECTION, LEDGER, SERVICE_CONFIG, SERVICE_NAME, TELEMETRY } from './tokens.ts';
export type { WrittenBatch } from './batch-spans.ts';
export type { ServiceEnvironment } from './config.ts';
export type { ReadinessCheck } from './health.ts';
