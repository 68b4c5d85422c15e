/** A call as it was asked for. */
import type { AgentId, Digest, InvocationId, JsonObject, ToolName } from '@writ/contracts';
import type { RequestContext } from './request-context.ts';

export interface AskedCall {
  readonly invocation: InvocationId;
  readonly agent: AgentId;
  readonly tool: ToolName;
  readonly inputs: JsonObject;
  readonly argsDigest: Digest;
  readonly request: RequestContext;
}
