/**
 * A `queryable` tool's word on a call that nobody saw the end of. The query runs like a tool of its own that has no
 * effect, with the inputs and the idempotency key of the call; its fencing token is higher than the lost attempt's, so
 * that a tool that says "not done" can refuse whoever still comes with the lower one.
 */
import { Effects, SafetyClass, invariant } from '@writ/contracts';
import type { ToolAdapter, ToolSpec } from '@writ/contracts';
import { z } from 'zod';
import { failedRun } from './run-result.ts';
import type { RunResult } from './run-result.ts';

const answer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('done'),
    /** What the call returned, when it succeeded. */
    output: z.unknown().optional(),
    /** Why it failed, when it did. */
    error: z.object({ code: z.string(), message: z.string() }).optional(),
    /** What it used, in whole units. */
    usage: z.record(z.string(), z.number()).optional(),
  }),
  z.object({ status: z.literal('not-done') }),
  z.object({ status: z.literal('unknown'), detail: z.string().optional() }),
]);

export type QueryAnswer =
  | { readonly status: 'done'; readonly result: RunResult }
  | { readonly status: 'not-done' }
  | { readonly status: 'unknown'; readonly detail: string };

const MAX_DETAIL_LENGTH = 1_000;

/** The tool that a query is: what the spec names as its query, run by the same adapter; it has no effect. */
export function queryToolOf(tool: ToolSpec): ToolSpec {
  const { adapter, outputs: _, watch: __, retry: ___, ...rest } = tool;
  const query = queryAdapterOf(adapter);
  invariant(query, `tool "${tool.name}" declares a query`);
  return { ...rest, class: SafetyClass.readOnly, effects: Effects.pure, adapter: query };
}

function queryAdapterOf(adapter: ToolAdapter): ToolAdapter | undefined {
  if (adapter.query === undefined) return undefined;
  switch (adapter.kind) {
    case 'module':
      return { ...adapter, export: adapter.query };
    case 'command':
      return { ...adapter, argv: adapter.query };
    case 'http':
      return { ...adapter, ...adapter.query };
    case 'mcp':
      return { ...adapter, tool: adapter.query };
    case 'nats':
      return { ...adapter, worker: adapter.query };
  }
}

/** Whatever is no clear answer means that nobody knows. */
export function readAnswer(result: RunResult): QueryAnswer {
  if (result.outcome !== 'succeeded') {
    const { code, message } = result.error;
    return unknown(`the query did not answer: ${code}: ${message}`);
  }
  const parsed = answer.safeParse(result.output);
  if (!parsed.success)
    return unknown(`the query answered with what is no answer: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  if (data.status === 'unknown') return unknown(data.detail ?? 'the tool does not know');
  if (data.status === 'not-done') return data;
  const run: RunResult = data.error
    ? failedRun(data.error.code, data.error.message)
    : { outcome: 'succeeded', output: data.output };
  return { status: 'done', result: data.usage ? { ...run, reported: data.usage } : run };
}

function unknown(detail: string): QueryAnswer {
  return { status: 'unknown', detail: detail.slice(0, MAX_DETAIL_LENGTH) };
}
