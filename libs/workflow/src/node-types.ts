/**
 * The types of nodes: three with a built-in guarantee, `agent` without one, and those that a tenant defines. A type of
 * the catalog that has a built-in name makes that type stricter; it can never take its guarantee away.
 */
import type { NodeSla, NodeType } from '@writ/contracts';
import { Guarantee, loosenings, openContract, tightened } from './contract.ts';
import type { Contract } from './contract.ts';
import { MAX_TYPE_DEPTH } from './limits.ts';
import { schemaProblem } from './schema-subset.ts';

export interface BuiltInType {
  readonly name: string;
  readonly guarantee: Guarantee;
  /** What it promises, for people and planners. */
  readonly promise: string;
  readonly sla: NodeSla;
}

const MAX_AGE_SECONDS = 3_600;

export const BUILT_IN_TYPES: readonly BuiltInType[] = [
  {
    name: 'decision',
    guarantee: Guarantee.routes,
    promise:
      'routes to exactly one path: its last call is a decision tool, and `routedTo` is what that tool said',
    sla: {
      toolUsageRequired: true,
      minToolCalls: 1,
      outputSchema: {
        type: 'object',
        properties: { routedTo: { type: 'string', minLength: 1 } },
        required: ['routedTo'],
      },
    },
  },
  {
    name: 'data',
    guarantee: Guarantee.fetches,
    promise: 'fetches data with at least one data tool: `data` is new, `fetchedAt` says from when',
    sla: {
      toolUsageRequired: true,
      minToolCalls: 1,
      freshnessSeconds: MAX_AGE_SECONDS,
      outputSchema: {
        type: 'object',
        properties: { fetchedAt: { type: 'string', format: 'date-time' } },
        required: ['data', 'fetchedAt'],
      },
    },
  },
  {
    name: 'executor',
    guarantee: Guarantee.acts,
    promise: 'carries out an action with an action tool: `confirmation.invocation` is the call that did it',
    sla: {
      toolUsageRequired: true,
      minToolCalls: 1,
      outputSchema: {
        type: 'object',
        properties: {
          confirmation: {
            type: 'object',
            properties: { invocation: { type: 'string', minLength: 1 } },
            required: ['invocation'],
          },
        },
        required: ['confirmation'],
      },
    },
  },
  { name: 'agent', guarantee: Guarantee.none, promise: 'answers; tools are optional', sla: {} },
];

const BUILT_IN: ReadonlyMap<string, BuiltInType> = new Map(BUILT_IN_TYPES.map((type) => [type.name, type]));

export type NodeTypes = ReadonlyMap<string, NodeType>;

export type TypeLookup =
  | { readonly contract: Contract; readonly problem?: never }
  | { readonly problem: string; readonly contract?: never };

/** The contract of a type as the catalog has it. */
export function contractOfType(name: string, types: NodeTypes, depth = 0): TypeLookup {
  const builtIn = BUILT_IN.get(name);
  const own = types.get(name);
  if (builtIn) {
    const contract = tightened(openContract(builtIn.guarantee), builtIn.sla);
    return { contract: own ? tightened(contract, own.sla) : contract };
  }
  if (!own) return { problem: `no node type is named "${name}"; known: ${knownTypes(types).join(', ')}` };
  if (depth === MAX_TYPE_DEPTH)
    return {
      problem: `node type "${name}" is derived through more than ${MAX_TYPE_DEPTH} types, or from itself`,
    };
  const origin = contractOfType(own.extends ?? 'agent', types, depth + 1);
  return origin.contract ? { contract: tightened(origin.contract, own.sla) } : origin;
}

/** What is wrong with a type of the catalog; `types` holds all of them. */
export function nodeTypeProblems(type: NodeType, types: NodeTypes): string[] {
  const builtIn = BUILT_IN.get(type.name);
  if (builtIn && type.extends !== undefined)
    return [`"${type.name}" is a built-in type: it cannot extend "${type.extends}"`];
  const origin: TypeLookup = builtIn
    ? contractOfType(type.name, new Map())
    : contractOfType(type.extends ?? 'agent', types, 1);
  if (!origin.contract) return [origin.problem];
  const { outputSchema } = type.sla;
  const schema = outputSchema === undefined ? undefined : schemaProblem(outputSchema);
  return [
    ...loosenings(origin.contract, type.sla).map(
      (what) => `a type may only be stricter than its base: ${what}`,
    ),
    ...(schema === undefined ? [] : [`outputSchema ${schema}`]),
  ];
}

/** What a type promises, in words. */
export function promiseOf(name: string, types: NodeTypes): string {
  return (
    types.get(name)?.guarantee ?? BUILT_IN.get(name)?.promise ?? `as ${types.get(name)?.extends ?? 'agent'}`
  );
}

export function knownTypes(types: NodeTypes): string[] {
  return [...new Set([...BUILT_IN.keys(), ...types.keys()])];
}
