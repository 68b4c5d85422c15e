/** OpenTelemetry: one start per process, the names of all that is measured and traced, and traces made of facts. */
export { callSpans } from './call-spans.ts';
export { FewLabels, observeGauge, sum } from './few-labels.ts';
export { isEnded } from './hop.ts';
export { Attribute, METRICS, Metric, SpanAttribute, SpanName, exposedNames } from './names.ts';
export { keptBecause } from './sampling.ts';
export { startTelemetry } from './start-telemetry.ts';
export { batchIdsOf, isHeadSampled, runTraceparent, withinRatio } from './trace-ids.ts';
export type { CallEnvelope } from './call-spans.ts';
export type { EndedRecord } from './hop.ts';
export type { FollowedCall, KeptBecause, Sampling } from './sampling.ts';
export type { SpanRecord } from './span-record.ts';
export type { Export, Meter, Telemetry, Tracing } from './telemetry.ts';
export type { TracedCall } from './trace-ids.ts';
