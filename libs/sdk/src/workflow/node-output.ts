/**
 * What a node's agent returned, completed with what its calls produced: the route that the gate tool said, the time of the
 * fetched data, the confirmation of the action. Only what is missing is filled in, and the gate checks all of it.
 */
import type { NodeOpening, ToolRole } from '@writ/contracts';
import type { MadeCall } from './node-task.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `rolesOf` tells what a tool is good for; unknown tools count as anything. */
export function nodeOutput(
  returned: unknown,
  { guarantee }: NodeOpening,
  calls: readonly MadeCall[],
  rolesOf: (tool: string) => readonly ToolRole[] | undefined,
): unknown {
  const isFit = (role: ToolRole) => (call: MadeCall) => rolesOf(call.tool)?.includes(role) ?? true;
  switch (guarantee) {
    case 'routes': {
      const routedTo = (calls.at(-1)?.outcome.output as Fields | null | undefined)?.['routedTo'];
      return routedTo === undefined ? fieldsOf(returned) : { routedTo, ...fieldsOf(returned) };
    }
    case 'fetches': {
      const oldest = calls.find(isFit('data'));
      const told =
        isFields(returned) && 'data' in returned ? returned : { data: returned ?? oldest?.outcome.output };
      return oldest ? { fetchedAt: new Date(oldest.askedAtMs).toISOString(), ...told } : told;
    }
    case 'acts': {
      const done = calls.findLast(isFit('action'));
      if (!done) return fieldsOf(returned);
      return {
        confirmation: { invocation: done.outcome.invocation, tool: done.tool },
        ...fieldsOf(returned),
      };
    }
    case 'none':
      return returned ?? null;
  }
}

function fieldsOf(returned: unknown): Fields {
  if (isFields(returned)) return returned;
  return returned === undefined ? {} : { text: returned };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
