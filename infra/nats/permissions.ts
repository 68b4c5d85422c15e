/**
 * Who may publish and subscribe what: the least that each principal's work needs (ARCHITECTURE §2). Tenant and origin
 * of a fact come from its subject, so these lists are what keeps tenants, agents and services apart. Reading the
 * ledger is the right to publish to `$JS.API` (subscribe rights do not limit it), so agents and approvers get none
 * of it. Nobody may reply to a subject that a message names (`allow_responses`): a request could name any.
 */
import { LEDGER_STREAM, PAYLOAD_BUCKET, SubjectKind, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import { LEASE_BUCKET, SNAPSHOT_BUCKET } from '@writ/ledger';
import { inboxOf } from '@writ/testkit';
import type { NatsPermissions } from '@writ/testkit';
import { userOf } from './principals.ts';
import type { DeciderName, Principal } from './principals.ts';

const LEASES = `KV_${LEASE_BUCKET}`;
const PAYLOADS = `OBJ_${PAYLOAD_BUCKET}`;
const SNAPSHOTS = `OBJ_${SNAPSHOT_BUCKET}`;

/** What a decider may write into the ledger. Policy lets flow on, the scheduler fences lost executors. */
const WRITES: Readonly<Record<DeciderName, readonly string[]>> = {
  policy: [`writ.*.${SubjectKind.decisions}`, `writ.*.${SubjectKind.flows}.*`],
  budget: [`writ.*.${SubjectKind.budget}`],
  scheduler: [`writ.*.${SubjectKind.schedule}`, `writ.*.${SubjectKind.executions}.*`],
};

/** `everyone`: the principals of the same cell, because those who answer calls need to know all inboxes. */
export function permissionsOf(principal: Principal, everyone: readonly Principal[]): NatsPermissions {
  switch (principal.kind) {
    case 'decider':
      return deciderPermissions(principal.service, everyone);
    case 'executor':
      return executorPermissions(principal.executor ?? '*', everyone);
    case 'audit':
      return {
        publish: [...service(everyone), ...lease('audit'), ...reads(LEDGER_STREAM), ...reads(PAYLOADS)],
        subscribe: [answers('audit')],
      };
    case 'operator':
      return operatorPermissions(principal.tenant ?? '*');
    case 'agent':
      return {
        publish: [
          `writ.${principal.tenant}.${SubjectKind.requests}.${principal.agent}`,
          calls(principal.tenant),
        ],
        subscribe: [
          `writ.${principal.tenant}.notices.${principal.agent}`,
          `writ.${principal.tenant}.${SubjectKind.flows}.*`,
        ],
      };
    case 'approver':
      return {
        publish: [
          `writ.${principal.tenant}.${SubjectKind.approvals}.${principal.approver}`,
          calls(principal.tenant),
        ],
        // Told when an emergency passed him over.
        subscribe: [`writ.${principal.tenant}.notices.${principal.approver}`],
      };
    case 'worker':
      return workerPermissions(principal.tenant, principal.worker ?? '*', everyone);
  }
}

/** Hears the calls of its tool and answers to executors; to nobody else, and nothing of it is stored. */
function workerPermissions(
  tenant: TenantId,
  worker: string,
  everyone: readonly Principal[],
): NatsPermissions {
  const executors = everyone.filter(({ kind }) => kind === 'executor');
  return {
    publish: executors.map((executor) => inboxOf(userOf(executor))),
    subscribe: [subjects.worker(tenant, worker), subjects.workerCancel(tenant, worker)],
  };
}

function deciderPermissions(name: DeciderName, everyone: readonly Principal[]): NatsPermissions {
  return {
    publish: [
      ...WRITES[name],
      // Executors wait at its leader, and have to hear when there is another one.
      ...(name === 'scheduler' ? [subjects.leaders(name)] : []),
      ...service(everyone),
      ...lease(name),
      ...reads(LEDGER_STREAM),
      ...reads(SNAPSHOTS),
      ...writesObjects(SNAPSHOT_BUCKET),
    ],
    subscribe: [answers(name)],
  };
}

function executorPermissions(executor: string, everyone: readonly Principal[]): NatsPermissions {
  return {
    publish: [
      `writ.*.${SubjectKind.executions}.${executor}`,
      'writ._cell.api.scheduler.*',
      subjects.worker('*', '>'),
      ...service(everyone),
      ...lease('executor'),
      ...reads(LEDGER_STREAM),
      ...reads(PAYLOADS),
      ...writesObjects(PAYLOAD_BUCKET),
    ],
    subscribe: [answers('executor'), subjects.leaders('scheduler')],
  };
}

/** Publishes catalogs, reads everything, creates stream and buckets; deletes and purges nothing. */
function operatorPermissions(tenant: string): NatsPermissions {
  const streams = [LEDGER_STREAM, LEASES, PAYLOADS, SNAPSHOTS];
  return {
    publish: [
      `writ.${tenant}.${SubjectKind.catalog}`,
      calls(tenant),
      '$JS.API.STREAM.NAMES',
      '$JS.API.STREAM.LIST',
      ...streams.flatMap((stream) => [`$JS.API.STREAM.CREATE.${stream}`, `$JS.API.STREAM.UPDATE.${stream}`]),
      ...streams.flatMap(reads),
    ],
    subscribe: [],
  };
}

/** What every service may publish: notices, and answers to all who may call. */
function service(everyone: readonly Principal[]): string[] {
  return ['writ.*.notices.*', ...everyone.map((principal) => inboxOf(userOf(principal)))];
}

/** The calls that a service answers. */
function answers(name: string): string {
  return `writ.*.api.${name}.*`;
}

function calls(tenant: string): string {
  return `writ.${tenant}.api.>`;
}

/** Reading a stream: by consumers of one's own and message by message. */
function reads(stream: string): string[] {
  return [
    '$JS.API.INFO',
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.STREAM.MSG.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.CREATE.${stream}.>`,
    `$JS.API.CONSUMER.INFO.${stream}.>`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
    `$JS.API.CONSUMER.DELETE.${stream}.>`,
    `$JS.ACK.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}

/** The leader lease: everyone's can be read, only one's own can be taken. */
function lease(name: string): string[] {
  return [`$KV.${LEASE_BUCKET}.${name}`, ...reads(LEASES)];
}

/** Replacing an object purges its old chunks. */
function writesObjects(bucket: string): string[] {
  return [`$O.${bucket}.C.*`, `$O.${bucket}.M.*`, `$JS.API.STREAM.PURGE.OBJ_${bucket}`];
}
