/**
 * The check of `tool.requested` on the hot path. Two services fold every request, and its schema takes longer than all the
 * rest of reading it; this reads what is plainly well formed, and whatever it does not read is left to the schema, which
 * decides and says what is wrong.
 */
import { MAX_CALLS_PER_STEP, MAX_INPUT_DEPTH } from '../limits.ts';
import { nestsWithin } from '../json.ts';
import { isDigest, isName, isObject } from './plain-values.ts';
import { URGENCIES } from './request.ts';
import type { ToolCall, ToolRequested } from './request.ts';

const NAMED: ReadonlySet<unknown> = new Set(URGENCIES);
const MEMBERS: ReadonlySet<string> = new Set(['step', 'calls', 'project', 'campaign', 'priority', 'log']);

/** The request as its schema would give it; undefined when only the schema can tell. */
export function plainRequest(data: unknown): ToolRequested | undefined {
  if (!isObject(data)) return undefined;
  for (const member in data) if (!MEMBERS.has(member)) return undefined;
  const { step, project = 'default', campaign, priority = 'normal', log } = data;
  if (!isName(project) || !NAMED.has(priority)) return undefined;
  if (!isNameOrAbsent(data, 'step') || !isNameOrAbsent(data, 'campaign') || !isNameOrAbsent(data, 'log'))
    return undefined;
  const calls = plainCalls(data['calls']);
  if (!calls) return undefined;
  return {
    ...(step === undefined ? {} : { step }),
    calls,
    project,
    ...(campaign === undefined ? {} : { campaign }),
    priority,
    ...(log === undefined ? {} : { log }),
  } as ToolRequested;
}

function plainCalls(value: unknown): readonly ToolCall[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CALLS_PER_STEP) return undefined;
  const calls: ToolCall[] = [];
  for (const each of value as readonly unknown[]) {
    const call = plainCall(each);
    if (!call) return undefined;
    calls.push(call);
  }
  return calls;
}

function plainCall(value: unknown): ToolCall | undefined {
  if (!isObject(value)) return undefined;
  const { invocation, tool, inputs, argsDigest } = value;
  if (!isName(invocation) || !isName(tool) || !isPlainInputs(inputs)) return undefined;
  const members = Object.keys(value).length;
  if (members === 3) return { invocation, tool, inputs } as unknown as ToolCall;
  if (members !== 4 || !isDigest(argsDigest)) return undefined;
  return { invocation, tool, inputs, argsDigest } as unknown as ToolCall;
}

/** Bounded in depth, and without the one name that the schema leaves out. */
function isPlainInputs(value: unknown): boolean {
  return isObject(value) && !Object.hasOwn(value, '__proto__') && nestsWithin(value, MAX_INPUT_DEPTH);
}

function isNameOrAbsent(data: Readonly<Record<string, unknown>>, member: string): boolean {
  return !Object.hasOwn(data, member) || isName(data[member]);
}
