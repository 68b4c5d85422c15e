/**
 * The AsyncAPI 3.1 document: every subject, who writes it, and the events on it. JetStream has no binding of its own in
 * AsyncAPI, so stream and guarantee stand in `x-writ`.
 */
import { EVENTS_BY_KIND } from '../events/events.ts';
import { VERSIONS } from '../events/upcast.ts';
import { LEDGER_STREAM, SubjectKind } from '../subjects.ts';
import { eventSchemas } from './json-schema.ts';

type Json = Readonly<Record<string, unknown>>;

interface Channel {
  readonly address: string;
  readonly writer: string;
  readonly about: string;
}

/** The address templates of the subjects that `subjects.ts` builds. */
export const CHANNELS: Readonly<Record<SubjectKind, Channel>> = {
  [SubjectKind.requests]: {
    address: 'writ.{tenant}.requests.{agent}',
    writer: 'the agent',
    about: 'Tool calls that an agent asks for, and those it wants cancelled.',
  },
  [SubjectKind.catalog]: {
    address: 'writ.{tenant}.catalog',
    writer: 'an operator (`writ apply`)',
    about: 'Tools, policies, budgets: the last fact about a name is in force.',
  },
  [SubjectKind.approvals]: {
    address: 'writ.{tenant}.approvals.{approver}',
    writer: 'an authenticated person',
    about: 'Votes on open approvals, delegations, standing grants.',
  },
  [SubjectKind.decisions]: {
    address: 'writ.{tenant}.decisions',
    writer: 'the policy service',
    about: 'Verdicts, rejections and the life of approvals.',
  },
  [SubjectKind.budget]: {
    address: 'writ.{tenant}.budget',
    writer: 'the budget service',
    about: 'Holds taken, refused and released.',
  },
  [SubjectKind.schedule]: {
    address: 'writ.{tenant}.schedule',
    writer: 'the scheduler',
    about: 'Plans, grants, refusals, breaker transitions and lost executors.',
  },
  [SubjectKind.executions]: {
    address: 'writ.{tenant}.executions.{executor}',
    writer: 'that executor; the scheduler writes the fence',
    about: 'Starts and ends of tool runs.',
  },
  [SubjectKind.flows]: {
    address: 'writ.{tenant}.flows.{run}',
    writer: 'the policy service',
    about: "Outputs of a workflow's nodes whose contract is kept, for the nodes downstream.",
  },
};

const PARAMETERS: Readonly<Record<string, string>> = {
  tenant: 'The tenant that owns the facts; from the credential.',
  agent: 'The agent that asks; from the credential.',
  approver: 'The person that votes; from the credential.',
  executor: 'The executor that ran the call.',
  run: 'The run of a workflow.',
};

/** What agents get told: copies of the facts that concern them. */
const NOTICE_TYPES = [
  'policy.decided',
  'request.rejected',
  'approval.opened',
  'approval.escalated',
  'budget.refused',
  'schedule.planned',
  'schedule.refused',
  'schedule.indeterminate',
  'invocation.cancelled',
  'execution.completed',
  'run.opened',
  'run.refused',
  'run.completed',
  'contract.accepted',
  'contract.rejected',
  'node.reopened',
];

/** The whole document, ready for `JSON.stringify`. */
export function asyncApiDocument(): Json {
  const kinds = Object.entries(CHANNELS);
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Writ',
      version: '0.1.0',
      description:
        'Governed tool execution: agents publish requests, services publish decisions, over NATS JetStream. ' +
        'Every message is a JSON array of CloudEvents 1.0 (application/cloudevents-batch+json); a requester may ' +
        'also send one bare event.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/cloudevents-batch+json',
    channels: {
      ...Object.fromEntries(
        kinds.map(([kind, channel]) => [kind, storedChannel(kind as SubjectKind, channel)]),
      ),
      notices: noticesChannel(),
    },
    operations: operations(kinds.map(([kind]) => kind)),
    components: { messages: messages() },
  };
}

function storedChannel(kind: SubjectKind, { address, about, writer }: Channel): Json {
  return {
    address,
    description: `${about} Written by ${writer}.`,
    parameters: parametersOf(address),
    messages: messageRefs([...EVENTS_BY_KIND[kind]]),
    'x-writ': { stream: LEDGER_STREAM, stored: true, writer },
  };
}

function noticesChannel(): Json {
  const address = 'writ.{tenant}.notices.{agent}';
  return {
    address,
    description:
      'Copies of the facts that this agent waits for, sent after they are in the ledger. Written by all services.',
    parameters: parametersOf(address),
    messages: messageRefs(NOTICE_TYPES),
    'x-writ': { stored: false, writer: 'all services' },
  };
}

function parametersOf(address: string): Json {
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
  return Object.fromEntries(names.map((name) => [name, { description: PARAMETERS[name] }]));
}

function messageRefs(types: readonly string[]): Json {
  return Object.fromEntries(
    types.map((type) => [keyOf(type), { $ref: `#/components/messages/${keyOf(type)}` }]),
  );
}

/** From a client's point of view: an agent sends requests and receives notices; everything else is there to read. */
function operations(kinds: readonly string[]): Json {
  const sent = new Set<string>([SubjectKind.requests, SubjectKind.catalog, SubjectKind.approvals]);
  return Object.fromEntries(
    [...kinds, 'notices'].map((kind) => [
      `${sent.has(kind) ? 'send' : 'receive'}-${kind}`,
      { action: sent.has(kind) ? 'send' : 'receive', channel: { $ref: `#/channels/${kind}` } },
    ]),
  );
}

function messages(): Json {
  return Object.fromEntries(
    Object.entries(eventSchemas()).map(([type, data]) => [
      keyOf(type),
      {
        name: type,
        title: type,
        contentType: 'application/cloudevents+json',
        payload: {
          type: 'object',
          required: ['specversion', 'id', 'source', 'type', 'data'],
          properties: {
            specversion: { const: '1.0' },
            id: { type: 'string', minLength: 1 },
            source: { type: 'string' },
            type: { const: type },
            time: { type: 'string', format: 'date-time' },
            traceparent: { type: 'string' },
            ...dataVersion(type),
            data,
          },
        },
      },
    ]),
  );
}

/** What is written now; recorded events may be of any version before (`events/upcast.ts`). */
function dataVersion(type: string): Json {
  const { dataversion } = VERSIONS.attribute(type);
  return dataversion === undefined ? {} : { dataversion: { const: dataversion } };
}

/** A component key may hold letters, digits, `.`, `-` and `_`; dots would break JSON pointers in some tools. */
function keyOf(type: string): string {
  return type.replaceAll('.', '_');
}
