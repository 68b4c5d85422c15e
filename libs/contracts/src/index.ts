/** The contracts: every fact, file and api call of Writ, and the shape of the cores that fold them. */
export { Backoff } from './backoff.ts';
export {
  admissionRequest,
  grant,
  indeterminateRequest,
  pullReply,
  pullRequest,
  queueRequest,
  runningRequest,
  statusReply,
  statusRequest,
  toolReply,
  toolRequest,
  whyRequest,
  apiError,
} from './api.ts';
export { isPlainGrants } from './pull-reply-guard.ts';
export { accountWay } from './account-way.ts';
export { BATCH_CONTENT_TYPE, cloudEvent, decodeCommit, encodeCommit, encodeEvent } from './cloud-event.ts';
export { canonicalJson, digest, digestOf, digestOfBytes } from './digest.ts';
export { WritError, invariant, messageOf } from './errors.ts';
export { MAX_STANDING_SECONDS } from './events/approval.ts';
export { EVENT_SCHEMAS, EVENTS_BY_KIND } from './events/events.ts';
export { VERSIONS } from './events/upcast.ts';
export { Verdict } from './events/decision.ts';
export { MOVING_TYPES } from './events/budget.ts';
export { priority } from './events/request.ts';
export { ForcedMode, GOVERNING_TYPES } from './events/catalog.ts';
export { AttemptCause } from './events/execution.ts';
export { breakerScope, breakerScopeOf, breakerSpec } from './files/breaker-file.ts';
export {
  CalendarWindow,
  OverdraftRule,
  budgetSpec,
  limitKey,
  limitsOf,
  windowName,
} from './files/budget-file.ts';
export {
  concurrencySpec,
  environmentSpec,
  governanceFile,
  groupsSpec,
  ownersSpec,
  schedulingSpec,
  shareSpec,
} from './files/governance-file.ts';
export { NodeEnd } from './events/workflow.ts';
export {
  LimitScope,
  PolicyAction,
  PolicyMode,
  policyFileRule,
  policyRule,
  readsBudget,
} from './files/policy-file.ts';
export {
  Effects,
  FailureClass,
  SafetyClass,
  effectsOf,
  isQueryable,
  policyClass,
  toolSpec,
} from './files/tool-file.ts';
export { fingerprint } from './fingerprint.ts';
export { CHAIN_GENESIS, CHAIN_HASH_BYTES, chainHash } from './hash-chain.ts';
export { MAX_CALLS_PER_ATTEMPT, ToolRole, nodeSla, nodeType, workflowSpec } from './files/workflow-file.ts';
export { Heap } from './heap.ts';
export {
  CELL,
  agentId,
  executorId,
  invocationId,
  isToken,
  runId,
  sessionId,
  stepId,
  tenantId,
  token,
  toolName,
} from './ids.ts';
export {
  ID_HORIZON_MS,
  MAX_CALLS_PER_STEP,
  MAX_CAUSES,
  MAX_COMMIT_BYTES,
  MAX_EVENTS_PER_COMMIT,
  MAX_INLINE_PAYLOAD_BYTES,
  MAX_INPUT_DEPTH,
  MAX_TEXT_LENGTH,
  MAX_TOKEN_LENGTH,
} from './limits.ts';
export { memoize } from './memoize.ts';
export { nearestName } from './nearest-name.ts';
export { compareText } from './order.ts';
export { DenialClass, Outcome, RunOutcome } from './outcome.ts';
export {
  MAX_PAYLOAD_BYTES,
  PAYLOAD_PART_BYTES,
  allowingPayloads,
  loadReply,
  loadRequest,
  payloadInput,
  payloadNames,
  storeReply,
  storeRequest,
} from './payload.ts';
export { PlanMode } from './plan-mode.ts';
export { MICROS_PER_UNIT, OTHER_UNITS, Unit, formatMicros, toMicros } from './quantities.ts';
export { RecentIds } from './recent-ids.ts';
export {
  LEDGER_STREAM,
  PAYLOAD_BUCKET,
  STORED_SUBJECTS,
  SubjectKind,
  parseSubject,
  subjects,
} from './subjects.ts';
export { isSampled, isTraceparent, traceparent } from './trace-context.ts';
export { WORKER_ALIVE_MS, WORKER_QUEUE, workerCancel, workerMessage, workerRequest } from './worker-wire.ts';
export type { Grant, PullReply, PullRequest, StatusReply, StatusRequest, StopOrder } from './api.ts';
export type { CloudEvent, StoredCommit } from './cloud-event.ts';
export type { Decider, Fact, Instant, Json, RecordedFact } from './decider.ts';
export type { Digest } from './digest.ts';
export type { WritErrorOptions } from './errors.ts';
export type { Demand } from './events/approval.ts';
export type { HoldLine, SoftLimitPassed, StatedLimit } from './events/budget.ts';
export type { ApprovalTerms, PolicyDecided } from './events/decision.ts';
export type { EventData, EventType } from './events/events.ts';
export type { PayloadRef, Priority, ToolCall, ToolRequested } from './events/request.ts';
export type { BreakerSpec } from './files/breaker-file.ts';
export type { BudgetLimit, BudgetSpec } from './files/budget-file.ts';
export type {
  ConcurrencySpec,
  EnvironmentSpec,
  GovernanceFile,
  GroupsSpec,
  OwnersSpec,
  SchedulingSpec,
  ShareSpec,
} from './files/governance-file.ts';
export type {
  FailureSummary,
  FlowOfCall,
  NodeOpening,
  Violation,
  WorkflowProblem,
} from './events/workflow.ts';
export type {
  NodeSla,
  NodeType,
  WorkflowEdge,
  WorkflowNode,
  WorkflowSpec,
  WorkflowSpecInput,
} from './files/workflow-file.ts';
export type { ApprovalRule, LimitRule, PolicyRule } from './files/policy-file.ts';
export type { McpServer, ToolAdapter } from './files/tool-adapter.ts';
export type { Requirements, RetrySpec, ToolSpec } from './files/tool-file.ts';
export type { PayloadInput } from './payload.ts';
export type { Fingerprint } from './fingerprint.ts';
export type { Position } from './heap.ts';
export type {
  AgentId,
  ExecutorId,
  InvocationId,
  RunId,
  SessionId,
  StepId,
  TenantId,
  ToolName,
} from './ids.ts';
export type { JsonObject } from './json.ts';
export type { Denial } from './outcome.ts';
export type { Amounts, Micros } from './quantities.ts';
export type { SubjectParts } from './subjects.ts';
export type { WorkerMessage, WorkerRequest } from './worker-wire.ts';
