/** OpenTelemetry: one start per process, and the names of all that is measured. */
export { Attribute, Metric } from './names.ts';
export { startTelemetry } from './telemetry.ts';
export type { Telemetry } from './telemetry.ts';
