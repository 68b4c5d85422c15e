/** Execution: what an executor may run, what it commits before, and what it says after. Pure. */
export { admit, idempotencyKey, startsFirst } from './admission.ts';
export { conclude, failure } from './conclusion.ts';
export { attemptedFact, completedFact, queriedFact, returnedFact, startedFact } from './facts.ts';
export { DEFAULT_MAX_OUTPUT_BYTES, MAX_REPORTED_UNITS } from './limits.ts';
export { compileOutputCheck, compileRedaction } from './output-schema.ts';
export { Measured, failedRun } from './run-result.ts';
export { withWrites } from './seen-writes.ts';
export { queryToolOf, readAnswer } from './query.ts';
export { failureClassOf, repeatOf } from './retry.ts';
export { SessionLog, grantKey } from './session-log.ts';
export { nothingUsed, usageOf } from './usage.ts';
export type { Admission, SealedInputs } from './admission.ts';
export type { Conclusion, Ending } from './conclusion.ts';
export type { RunSpan, Runner } from './facts.ts';
export type { OutputCheck, Redaction } from './output-schema.ts';
export type { QueryAnswer } from './query.ts';
export type { AttemptEnd, Repeat } from './retry.ts';
export type { ReportedUsage, RunError, RunResult, SeenWrites } from './run-result.ts';
