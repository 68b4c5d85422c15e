/**
 * Values for the official NATS Helm chart: three servers in three zones, every ack on disk (`sync_interval: always`), and
 * one user for each principal of a cell with the least rights. Passwords are references to the secret
 * `writ-nats-users`; the values hold none. `node infra/k8s/nats/values.ts` prints them; agents and people are named
 * as `agent:TENANT/NAME`, `approver:TENANT/NAME` and `worker:TENANT/NAME`.
 */
import { inboxOf } from '@writ/testkit';
import { WritError } from '@writ/contracts';
import type { AgentId, TenantId } from '@writ/contracts';
import { stringify } from 'yaml';
import { permissionsOf } from '../../nats/permissions.ts';
import { CELL_PRINCIPALS, userOf } from '../../nats/principals.ts';
import type { Principal } from '../../nats/principals.ts';

const SECRET = 'writ-nats-users';
const HEADER = '# Made by `node infra/k8s/nats/values.ts`; see infra/k8s/README.md.\n';

/** The values as YAML. @throws WritError `bad-principal` for a name that is none */
export function natsValues(people: readonly string[]): string {
  const principals = [...CELL_PRINCIPALS, ...people.map(principalOf)];
  const names = principals.map(userOf);
  const environment = names.map((user) => [
    variableOf(user),
    { valueFrom: { secretKeyRef: { name: SECRET, key: user } } },
  ]);
  const values = {
    config: {
      cluster: { enabled: true, replicas: 3 },
      jetstream: {
        enabled: true,
        fileStore: { enabled: true, pvc: { enabled: true, size: '100Gi' } },
        merge: { sync_interval: 'always' },
      },
      merge: { authorization: { users: principals.map((one) => userEntry(one, principals)) } },
    },
    container: {
      env: Object.fromEntries(environment),
      merge: {
        resources: {
          requests: { cpu: '1', memory: '1Gi' },
          limits: { cpu: '4', memory: '4Gi' },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
      },
    },
    podTemplate: {
      topologySpreadConstraints: {
        'topology.kubernetes.io/zone': { maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
      },
      merge: {
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            fsGroup: 1000,
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      },
    },
    natsBox: { enabled: false },
  };
  return HEADER + stringify(values, { lineWidth: 0 });
}

/** `<< >>` is the chart's way to write a value without quotes, so that the server reads the variable. */
function userEntry(principal: Principal, everyone: readonly Principal[]): object {
  const user = userOf(principal);
  const { publish, subscribe } = permissionsOf(principal, everyone);
  return {
    user,
    password: `<< $${variableOf(user)} >>`,
    permissions: {
      publish: { allow: publish },
      subscribe: { allow: [...subscribe, inboxOf(user)] },
    },
  };
}

function variableOf(user: string): string {
  return `WRIT_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

function principalOf(text: string): Principal {
  const [, kind, tenant = '', name = ''] = /^(agent|approver|worker):([\w-]+)\/([\w-]+)$/.exec(text) ?? [];
  if (kind === 'agent') return { kind, tenant: tenant as TenantId, agent: name as AgentId };
  if (kind === 'approver') return { kind, tenant: tenant as TenantId, approver: name };
  if (kind === 'worker') return { kind, tenant: tenant as TenantId, worker: name };
  throw new WritError('bad-principal', `"${text}" is not agent:, approver: or worker:TENANT/NAME`);
}

if (import.meta.main) process.stdout.write(natsValues(process.argv.slice(2)));
