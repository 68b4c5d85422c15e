/** Whether each service answers, and how far it is. */
import { messageOf, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

/** A harmless query of each service that has an api. */
const QUERIES = {
  policy: ['catalog', {}],
  budget: ['balances', {}],
  scheduler: ['status', {}],
  audit: ['status', { invocations: [] }],
} as const;

export interface ServiceStatus {
  readonly service: string;
  readonly answers: boolean;
  /** What it says of itself, or why it does not. */
  readonly detail: string;
}

export async function suiteStatus(transport: Transport, tenant: TenantId): Promise<readonly ServiceStatus[]> {
  return Promise.all(
    Object.entries(QUERIES).map(async ([service, [call, body]]) => {
      try {
        const reply = await transport.query(subjects.api(tenant, service, call), body);
        return { service, answers: true, detail: detailOf(reply as Readonly<Record<string, unknown>>) };
      } catch (error) {
        return { service, answers: false, detail: messageOf(error) };
      }
    }),
  );
}

export function statusTable(services: readonly ServiceStatus[], paint: Paint): string {
  const rows = services.map(({ service, answers, detail }) => [
    service,
    answers ? paint('green', 'answers') : paint('red', 'away'),
    detail,
  ]);
  return table(['service', 'state', 'detail'], rows, paint);
}

/** `policies 2, tools 5, seen 381`: lists by their length, numbers as they are. */
function detailOf(reply: Readonly<Record<string, unknown>>): string {
  return Object.entries(reply)
    .flatMap(([name, value]) => {
      if (Array.isArray(value)) return [`${name} ${value.length}`];
      return typeof value === 'number' ? [`${name} ${value}`] : [];
    })
    .join(', ');
}
