/**
 * Identifiers. Each is a branded string, so that an agent's name can never be passed where a tenant's is meant.
 * All of them are legal NATS subject tokens: letters, digits, `_` and `-`.
 */
import { z } from 'zod';
import { MAX_TOKEN_LENGTH } from './limits.ts';

const TOKEN = new RegExp(`^[A-Za-z0-9_-]{1,${MAX_TOKEN_LENGTH}}$`);
const TOKEN_HINT = `must be 1 to ${MAX_TOKEN_LENGTH} letters, digits, "_" or "-"`;

/** A plain subject token, the form that every name on the wire has. */
export const token = z.string().regex(TOKEN, TOKEN_HINT);

export const tenantId = token
  .refine((value) => !value.startsWith('_'), 'must not start with "_" (reserved for the cell)')
  .brand<'TenantId'>();
export const agentId = token.brand<'AgentId'>();
export const invocationId = token.brand<'InvocationId'>();
export const stepId = token.brand<'StepId'>();
export const executorId = token.brand<'ExecutorId'>();
export const sessionId = token.brand<'SessionId'>();
export const toolName = token.brand<'ToolName'>();
export const runId = token.brand<'RunId'>();

/** The tenant that sent, owns and pays for a fact. `_cell` stands for what belongs to no tenant. */
export type TenantId = z.infer<typeof tenantId>;
export type AgentId = z.infer<typeof agentId>;
/** One tool call; unique within its tenant, chosen by the requester, remembered for `ID_HORIZON_MS`. */
export type InvocationId = z.infer<typeof invocationId>;
/** The calls of one LLM generation. */
export type StepId = z.infer<typeof stepId>;
export type ExecutorId = z.infer<typeof executorId>;
/** One life of an executor process; a new session fences the old one. */
export type SessionId = z.infer<typeof sessionId>;
export type ToolName = z.infer<typeof toolName>;
/** One run of a workflow; unique within its tenant, chosen by its agent. */
export type RunId = z.infer<typeof runId>;

/** The reserved tenant token of what belongs to no tenant. */
export const CELL = '_cell' as TenantId;

/** Whether a string can be used as a subject token. */
export function isToken(value: string): boolean {
  return TOKEN.test(value);
}
