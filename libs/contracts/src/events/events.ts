/**
 * The list of all facts: type -> schema and the kind of subject it belongs on. What is not in this list is not in
 * the ledger. Documents (JSON Schema, AsyncAPI) and decoding are derived from it.
 */
import type { z } from 'zod';
import { SubjectKind } from '../subjects.ts';
import {
  approvalConfirmed,
  approvalConsumed,
  approvalDelegated,
  approvalEscalated,
  approvalRevoked,
  standingGranted,
  standingWithdrawn,
} from './approval.ts';
import {
  budgetAdjusted,
  budgetAlerted,
  budgetEscalated,
  budgetRefused,
  budgetReleased,
  budgetReserved,
  budgetStated,
} from './budget.ts';
import {
  breakerConfigured,
  breakerForced,
  breakerReleased,
  breakerRetired,
  budgetDefined,
  budgetRetired,
  concurrencyDefined,
  environmentDefined,
  groupsDefined,
  ownersDefined,
  policyPublished,
  preemptionRequested,
  schedulingConfigured,
  sharesDefined,
  toolRegistered,
  toolRetired,
} from './catalog.ts';
import {
  approvalDenied,
  approvalExpired,
  approvalGranted,
  approvalOpened,
  approvalVoted,
  invocationCancelled,
  invocationResolved,
  policyDecided,
  requestRejected,
} from './decision.ts';
import {
  executionAttempted,
  executionCompleted,
  executionFenced,
  executionQueried,
  executionReturned,
  executionStarted,
  executorJoined,
} from './execution.ts';
import { leaderElected } from './leader.ts';
import { cancelRequested, toolRequested } from './request.ts';
import {
  alertClosed,
  alertRaised,
  breakerClosed,
  breakerForceExpired,
  breakerHalfOpened,
  breakerOpened,
  executorLost,
  scheduleDispatched,
  scheduleIndeterminate,
  schedulePlanned,
  scheduleRefused,
  scheduleResolved,
  scheduleResumed,
} from './schedule.ts';
import { payloadRemoved, storageReturned } from './storage.ts';
import {
  contractAccepted,
  contractRejected,
  flowEnded,
  flowReleased,
  nodeReopened,
  nodeRuled,
  nodeSubmitted,
  nodeTypeDefined,
  nodeTypeRetired,
  runCancelRequested,
  runCompleted,
  runOpened,
  runRefused,
  runRequested,
} from './workflow.ts';

export const EVENT_SCHEMAS = {
  'tool.requested': toolRequested,
  'tool.cancel-requested': cancelRequested,
  'tool.registered': toolRegistered,
  'tool.retired': toolRetired,
  'policy.published': policyPublished,
  'budget.defined': budgetDefined,
  'budget.retired': budgetRetired,
  'payload.removed': payloadRemoved,
  'storage.returned': storageReturned,
  'breaker.configured': breakerConfigured,
  'breaker.retired': breakerRetired,
  'breaker.forced': breakerForced,
  'breaker.released': breakerReleased,
  'preemption.requested': preemptionRequested,
  'environment.defined': environmentDefined,
  'groups.defined': groupsDefined,
  'owners.defined': ownersDefined,
  'scheduling.configured': schedulingConfigured,
  'shares.defined': sharesDefined,
  'concurrency.defined': concurrencyDefined,
  'approval.voted': approvalVoted,
  'invocation.resolved': invocationResolved,
  'policy.decided': policyDecided,
  'request.rejected': requestRejected,
  'approval.opened': approvalOpened,
  'approval.granted': approvalGranted,
  'approval.denied': approvalDenied,
  'approval.expired': approvalExpired,
  'approval.escalated': approvalEscalated,
  'approval.confirmed': approvalConfirmed,
  'approval.revoked': approvalRevoked,
  'approval.consumed': approvalConsumed,
  'approval.delegated': approvalDelegated,
  'standing.granted': standingGranted,
  'standing.withdrawn': standingWithdrawn,
  'invocation.cancelled': invocationCancelled,
  'budget.reserved': budgetReserved,
  'budget.escalated': budgetEscalated,
  'budget.refused': budgetRefused,
  'budget.released': budgetReleased,
  'budget.alerted': budgetAlerted,
  'budget.adjusted': budgetAdjusted,
  'budget.stated': budgetStated,
  'schedule.planned': schedulePlanned,
  'schedule.dispatched': scheduleDispatched,
  'schedule.refused': scheduleRefused,
  'schedule.indeterminate': scheduleIndeterminate,
  'schedule.resolved': scheduleResolved,
  'schedule.resumed': scheduleResumed,
  'breaker.opened': breakerOpened,
  'breaker.half-opened': breakerHalfOpened,
  'breaker.closed': breakerClosed,
  'breaker.force-expired': breakerForceExpired,
  'alert.raised': alertRaised,
  'alert.closed': alertClosed,
  'executor.lost': executorLost,
  'execution.started': executionStarted,
  'execution.completed': executionCompleted,
  'execution.attempted': executionAttempted,
  'execution.queried': executionQueried,
  'execution.returned': executionReturned,
  'execution.fenced': executionFenced,
  'executor.joined': executorJoined,
  'leader.elected': leaderElected,
  'run.requested': runRequested,
  'run.cancel-requested': runCancelRequested,
  'node.submitted': nodeSubmitted,
  'node.ruled': nodeRuled,
  'node-type.defined': nodeTypeDefined,
  'node-type.retired': nodeTypeRetired,
  'run.opened': runOpened,
  'run.refused': runRefused,
  'run.completed': runCompleted,
  'contract.accepted': contractAccepted,
  'contract.rejected': contractRejected,
  'node.reopened': nodeReopened,
  'flow.released': flowReleased,
  'flow.ended': flowEnded,
} as const;

export type EventType = keyof typeof EVENT_SCHEMAS | 'request.malformed';

interface Derived {
  /**
   * Never stored: how a message on a requests subject that is no valid request reaches a fold, so that it can be
   * answered with `request.rejected` instead of being lost.
   */
  readonly 'request.malformed': {
    readonly event?: string;
    readonly invocation?: string;
    readonly reason: z.infer<typeof requestRejected>['reason'];
    readonly detail: string;
  };
}

/** The payload of one type of event, after parsing. */
export type EventData<T extends EventType> = T extends keyof typeof EVENT_SCHEMAS
  ? z.infer<(typeof EVENT_SCHEMAS)[T]>
  : T extends keyof Derived
    ? Derived[T]
    : never;

/** The subjects on which each kind of fact may stand; a fact on another subject is not believed. */
export const EVENTS_BY_KIND: Readonly<Record<SubjectKind, ReadonlySet<string>>> = {
  [SubjectKind.requests]: new Set([
    'tool.requested',
    'tool.cancel-requested',
    'run.requested',
    'run.cancel-requested',
    'node.submitted',
  ]),
  [SubjectKind.catalog]: new Set([
    'tool.registered',
    'tool.retired',
    'policy.published',
    'budget.defined',
    'budget.retired',
    'payload.removed',
    'storage.returned',
    'breaker.configured',
    'breaker.retired',
    'breaker.forced',
    'breaker.released',
    'preemption.requested',
    'environment.defined',
    'groups.defined',
    'owners.defined',
    'scheduling.configured',
    'node-type.defined',
    'node-type.retired',
    'shares.defined',
    'concurrency.defined',
  ]),
  [SubjectKind.approvals]: new Set([
    'approval.voted',
    'approval.delegated',
    'standing.granted',
    'standing.withdrawn',
    'invocation.resolved',
    'node.ruled',
  ]),
  [SubjectKind.decisions]: new Set([
    'policy.decided',
    'request.rejected',
    'approval.opened',
    'approval.granted',
    'approval.denied',
    'approval.expired',
    'approval.escalated',
    'approval.confirmed',
    'approval.revoked',
    'invocation.cancelled',
    'run.opened',
    'run.refused',
    'run.completed',
    'contract.accepted',
    'contract.rejected',
    'node.reopened',
    'leader.elected',
  ]),
  [SubjectKind.budget]: new Set([
    'budget.reserved',
    'budget.escalated',
    'budget.refused',
    'budget.released',
    'budget.alerted',
    'budget.adjusted',
    'budget.stated',
    'leader.elected',
  ]),
  [SubjectKind.schedule]: new Set([
    'schedule.planned',
    'schedule.dispatched',
    'schedule.refused',
    'approval.consumed',
    'schedule.indeterminate',
    'schedule.resolved',
    'schedule.resumed',
    'invocation.cancelled',
    'breaker.opened',
    'breaker.half-opened',
    'breaker.closed',
    'breaker.force-expired',
    'alert.raised',
    'alert.closed',
    'executor.lost',
    'leader.elected',
  ]),
  [SubjectKind.executions]: new Set([
    'execution.started',
    'execution.completed',
    'execution.attempted',
    'execution.queried',
    'execution.returned',
    'execution.fenced',
    'executor.joined',
  ]),
  [SubjectKind.flows]: new Set(['flow.released', 'flow.ended']),
};
