/** What the calls came to against what the tools say that they did: every sentence is a broken promise. */
import type { Effect } from './fake-tools.ts';
import type { IssuedCall } from './load.ts';

/** A call that is listed as indeterminate, and who has to say what became of it. */
export interface ListedCall {
  readonly invocation: string;
  readonly owner: string;
}

/** `once` and `once-command`: the kind of effects is the first word of a tool's name. */
const AT_MOST_ONCE: ReadonlySet<string> = new Set(['once', 'queryable']);
const MAY_BE_ASKED_OF_PEOPLE = AT_MOST_ONCE;

export function brokenPromises(
  calls: ReadonlyMap<string, IssuedCall>,
  effects: readonly Effect[],
  listed: readonly ListedCall[],
): string[] {
  const owners = new Map(listed.map(({ invocation, owner }) => [invocation, owner]));
  const byCall = Map.groupBy(effects, ({ call }) => call);
  const strangers = [...byCall.keys(), ...owners.keys()].filter((call) => !calls.has(call));
  return [
    ...strangers.map((call) => `${call}: nobody asked for it`),
    ...keysOfSeveral(effects),
    ...[...calls.values()].flatMap((call) => [
      ...wrongEffects(call, byCall.get(call.invocation) ?? []),
      ...wrongEnd(call, owners.get(call.invocation)),
    ]),
  ];
}

function wrongEffects({ invocation, tool, end }: IssuedCall, effects: readonly Effect[]): string[] {
  const wrong: string[] = [];
  const keys = new Set(effects.map(({ key }) => key));
  if (keys.size > 1) wrong.push(`${invocation} of ${tool}: effects under ${keys.size} keys`);
  if (AT_MOST_ONCE.has(kindOf(tool)) && effects.length > 1)
    wrong.push(`${invocation} of ${tool}: ${effects.length} effects`);
  if (end === 'succeeded' && effects.length === 0)
    wrong.push(`${invocation} of ${tool}: succeeded without an effect`);
  return wrong;
}

function wrongEnd({ invocation, tool, end, failure = '' }: IssuedCall, owner: string | undefined): string[] {
  const what = `${invocation} of ${tool}`;
  if (end && owner) return [`${what}: is listed although it has ended as ${end}`];
  if (end) return end === 'succeeded' ? [] : [`${what}: ${end}`];
  if (owner === undefined) return [`${what}: lost ${failure}`];
  if (owner === 'person' && MAY_BE_ASKED_OF_PEOPLE.has(kindOf(tool))) return [];
  return [`${what}: is listed, and its owner is ${owner}`];
}

/** Two calls under one key would count as one. */
function keysOfSeveral(effects: readonly Effect[]): string[] {
  return [...Map.groupBy(effects, ({ key }) => key)].flatMap(([key, lines]) => {
    const calls = new Set(lines.map(({ call }) => call));
    return calls.size > 1 ? [`${key}: the key of ${calls.size} calls`] : [];
  });
}

function kindOf(tool: string): string {
  return tool.split('-')[0] ?? tool;
}
