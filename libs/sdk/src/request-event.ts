/**
 * The bytes of what an agent sends: one CloudEvent for each step or cancellation, written once and checked before it
 * leaves, so that a mistake is an error at its caller and not a rejection a round trip later.
 */
import {
  EVENT_SCHEMAS,
  MAX_INLINE_PAYLOAD_BYTES,
  MAX_TEXT_LENGTH,
  VERSIONS,
  WritError,
} from '@writ/contracts';
import type { AgentId, FlowOfCall, InvocationId, PlanMode, Priority } from '@writ/contracts';
import { z } from 'zod';
import { MAX_MESSAGE_BYTES } from './limits.ts';

/** One tool and its arguments. */
export interface ToolInputs {
  readonly tool: string;
  /** A JSON object. */
  readonly inputs?: Readonly<Record<string, unknown>>;
}

/** What holds for every call of a request. */
export interface RequestTerms {
  /** The campaign that pays; an account of the catalog, `project/budgetTag`. */
  readonly budgetTag?: string | undefined;
  readonly project?: string | undefined;
  readonly priority?: Priority | undefined;
  /** By when a call should have ended; one that cannot any more ends as `expired`. A string is RFC 3339. */
  readonly deadline?: Date | string | undefined;
  /** `run`: a late call runs all the same. */
  readonly whenLate?: 'refuse' | 'run' | undefined;
  /** Shown to the people who may approve. */
  readonly justification?: string | undefined;
  /** How a step of several calls is planned: in waves, or each call when its own way is free; else as the catalog says. */
  readonly plan?: PlanMode | undefined;
  /** Name of the audit log that the calls are recorded under. */
  readonly log?: string | undefined;
  /** The attempt of a workflow's node that the calls belong to. */
  readonly flow?: FlowOfCall | undefined;
  /** W3C trace context that the calls belong to; by default that of a span below the active one. */
  readonly traceparent?: string | undefined;
  /** Earlier invocations whose results led to these calls: `writ lineage` draws them. */
  readonly causedBy?: readonly string[] | undefined;
  /** The user that the agent acts for. */
  readonly onBehalfOf?: string | undefined;
}

/** An event ready to be sent. */
export interface RequestEvent {
  readonly id: string;
  readonly text: string;
  readonly bytes: number;
}

/**
 * A `tool.requested` of one or more calls, in model order. The event's id is the step's id.
 * @throws WritError `invalid-call` naming the field, `payload-too-large` naming the bound.
 */
export function requestEvent(
  agent: AgentId,
  id: string,
  invocations: readonly InvocationId[],
  calls: readonly ToolInputs[],
  terms: RequestTerms,
): RequestEvent {
  const data = {
    calls: calls.map(({ tool, inputs }, index) => ({
      invocation: invocations[index],
      tool,
      inputs: inputs ?? {},
    })),
    project: terms.project,
    campaign: terms.budgetTag,
    priority: terms.priority,
    deadline: terms.deadline instanceof Date ? terms.deadline.toISOString() : terms.deadline,
    whenLate: terms.whenLate,
    justification: terms.justification,
    plan: terms.plan,
    log: terms.log,
    flow: terms.flow,
    causedBy: terms.causedBy,
    onBehalfOf: terms.onBehalfOf,
  };
  // Written before it is checked: a cyclic value ends here and not in a check that walks it.
  const text = envelope(agent, id, 'tool.requested', data, terms.traceparent);
  const checked = EVENT_SCHEMAS['tool.requested'].safeParse(data);
  if (!checked.success) throw invalidCall(checked.error);
  if (text.length * 3 > MAX_INLINE_PAYLOAD_BYTES) requireBounds(calls, text);
  return { id, text, bytes: Buffer.byteLength(text) };
}

/**
 * Any other event of an agent.
 * @throws WritError `payload-too-large` when it fits into no message.
 */
export function agentEvent(agent: AgentId, id: string, type: string, data: object): RequestEvent {
  const text = envelope(agent, id, type, data);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES)
    throw tooLarge(`${type} has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} fit into a message`);
  return { id, text, bytes };
}

/** A `tool.cancel-requested`. */
export function cancelEvent(agent: AgentId, invocation: InvocationId, reason: string): RequestEvent {
  const id = `cancel-${invocation}`;
  const text = envelope(agent, id, 'tool.cancel-requested', {
    invocation,
    reason: reason.slice(0, MAX_TEXT_LENGTH),
  });
  return { id, text, bytes: Buffer.byteLength(text) };
}

function envelope(agent: AgentId, id: string, type: string, data: object, traceparent?: string): string {
  try {
    const version = VERSIONS.attribute(type);
    const source = `writ/agent/${agent}`;
    return JSON.stringify({ specversion: '1.0', id, source, type, ...version, traceparent, data });
  } catch (cause) {
    throw new WritError('invalid-call', `the inputs are no JSON: ${(cause as Error).message}`, { cause });
  }
}

function invalidCall(error: z.ZodError): WritError {
  const names = { campaign: 'budgetTag' } as Readonly<Record<string, string>>;
  const mistakes = error.issues.map(({ path, message }) => {
    const field = path.map((step) => names[String(step)] ?? String(step)).join('.');
    return `${field}: ${message}`;
  });
  return new WritError('invalid-call', `the call cannot be sent: ${mistakes.join('; ')}`, {
    details: { issues: error.issues },
  });
}

/** Only texts near a bound are measured exactly. */
function requireBounds(calls: readonly ToolInputs[], text: string): void {
  for (const { tool, inputs } of calls) {
    const bytes = Buffer.byteLength(JSON.stringify(inputs ?? {}));
    if (bytes > MAX_INLINE_PAYLOAD_BYTES) {
      throw tooLarge(
        `the inputs of ${tool} have ${bytes} bytes; at most ${MAX_INLINE_PAYLOAD_BYTES} travel in a call`,
      );
    }
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES) {
    throw tooLarge(
      `a step of ${calls.length} calls has ${bytes} bytes; at most ${MAX_MESSAGE_BYTES} fit, so split it`,
    );
  }
}

function tooLarge(message: string): WritError {
  return new WritError('payload-too-large', message);
}
