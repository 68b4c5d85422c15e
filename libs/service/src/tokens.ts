/** Injection tokens of what every service shares. */
export const SERVICE_NAME = Symbol('service name');
export const SERVICE_CONFIG = Symbol('service config');
export const CONNECTION = Symbol('nats connection');
export const LEDGER = Symbol('ledger');
export const TELEMETRY = Symbol('telemetry');
