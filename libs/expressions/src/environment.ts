/**
 * The typed environment that conditions and amounts are checked in: the library's `Environment` with our
 * fields (`FIELDS`), one type for each dimension of quantities, and arithmetic between a quantity and a
 * number.
 */
import { WritError } from '@writ/contracts';
import { FIELDS, namesUnder } from './fields.ts';
import type { Field } from './field.ts';
import type { Dialect } from './check.ts';
import { Environment } from './compile/library.ts';
import { quantityType } from './compile/quantities.ts';
import { declareMacros } from './environment-macros.ts';
import { FUNCTIONS, METHODS } from './functions/functions.ts';
import { MAX_DEPTH, MAX_NODES } from './limits.ts';
import { parentType } from './type-names.ts';
import { PERCENT_FUNCTION, TIME_FUNCTION, quantityFunction } from './source/quantity-literal.ts';
import { OPTIONAL_ENTRY } from './source/rewrite.ts';
import { Dimension } from './units.ts';

const DURATION = 'google.protobuf.Duration';

/** Namespaces of functions; the library has its own class for `optional`. */
const NAMESPACES: ReadonlySet<string> = new Set(['math', 'strings', 'base64']);

type LibraryEnvironment = InstanceType<typeof Environment>;

/** The environment of policies' conditions. */
export const CONDITIONS: Dialect = dialect(FIELDS);

/** The environment of tools' cost ceilings: only the arguments are known when a ceiling is computed. */
export const AMOUNTS: Dialect = dialect(FIELDS.filter((field) => field.path === 'args'));

function dialect(fields: readonly Field[]): Dialect {
  return { environment: declareFields(language(), fields), names: (path) => namesUnder(path, fields) };
}

/** The language without any name. */
function language(): LibraryEnvironment {
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
    limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH },
  });
  for (const dimension of Object.values(Dimension)) declareDimension(environment, dimension);
  declareTime(environment);
  declareOperators(environment);
  environment.registerFunction(`${OPTIONAL_ENTRY}(dyn): dyn`, unreachable);
  declareFunctions(environment);
  declareMacros(environment, unreachable);
  return environment;
}

function declareFunctions(environment: LibraryEnvironment): void {
  for (const name of NAMESPACES) {
    const marker = markerClass();
    environment.registerType(name, marker);
    environment.registerConstant(name, name, new marker());
  }
  for (const spec of new Set([...FUNCTIONS.values(), ...METHODS.values()])) {
    for (const signature of spec.signatures ?? []) {
      environment.registerFunction(signature.replace(/^optional\./, 'OptionalNamespace.'), unreachable);
    }
  }
}

function declareDimension(environment: LibraryEnvironment, dimension: Dimension): void {
  const type = quantityType(dimension);
  environment.registerType(type, markerClass());
  for (const number of ['int', 'double']) {
    environment.registerFunction(`${quantityFunction(dimension)}(${number}, string): ${type}`, unreachable);
  }
  environment.registerFunction(`string(${type}): string`, unreachable);
  declareScaling(environment, type);
  environment.registerOperator(`-${type}`, unreachable);
  for (const sign of ['+', '-']) environment.registerOperator(`${type} ${sign} ${type}`, unreachable);
  for (const sign of ['<', '<=', '>', '>=', '=='])
    environment.registerOperator(`${type} ${sign} ${type}`, unreachable);
}

/** A quantity may be multiplied and divided by a number, and divided by its like. */
function declareScaling(environment: LibraryEnvironment, type: string): void {
  for (const number of ['int', 'uint', 'double']) {
    environment.registerOperator(`${type} * ${number}: ${type}`, unreachable);
    environment.registerOperator(`${number} * ${type}: ${type}`, unreachable);
    environment.registerOperator(`${type} / ${number}: ${type}`, unreachable);
  }
  environment.registerOperator(`${type} / ${type}: double`, unreachable);
}

function declareTime(environment: LibraryEnvironment): void {
  for (const number of ['int', 'double']) {
    environment.registerFunction(`${TIME_FUNCTION}(${number}, string): ${DURATION}`, unreachable);
    environment.registerFunction(`${PERCENT_FUNCTION}(${number}): double`, unreachable);
  }
  declareScaling(environment, DURATION);
}

/**
 * JSON has only doubles, so `args.count + 1` has to mix them with integers; and what the library does not
 * compare.
 */
function declareOperators(environment: LibraryEnvironment): void {
  for (const sign of ['+', '-', '*', '/', '%']) {
    environment.registerOperator(`int ${sign} double: double`, unreachable);
    environment.registerOperator(`double ${sign} int: double`, unreachable);
  }
  environment.registerOperator('double % double: double', unreachable);
  for (const pair of ['int == double', 'int == uint', 'uint == double'])
    environment.registerOperator(pair, unreachable);
  for (const sign of ['<', '<=', '>', '>=']) environment.registerOperator(`bytes ${sign} bytes`, unreachable);
  environment.registerOperator('optional<A> == optional<A>', unreachable);
}

function declareFields(environment: LibraryEnvironment, fields: readonly Field[]): LibraryEnvironment {
  for (const root of namesUnder('', fields)) {
    const whole = fields.find((field) => field.path === root);
    environment.registerVariable(root, whole ? libraryType(whole) : declareParent(environment, root, fields));
  }
  return environment;
}

/** The type of what has fields and is none itself: `tool`, `history.agent.hour`. */
function declareParent(environment: LibraryEnvironment, path: string, fields: readonly Field[]): string {
  const types = namesUnder(path, fields).map((name) => {
    const field = fields.find((one) => one.path === `${path}.${name}`);
    return [
      name,
      field ? libraryType(field) : declareParent(environment, `${path}.${name}`, fields),
    ] as const;
  });
  const type = parentType(path);
  environment.registerType(type, { fields: Object.fromEntries(types) });
  return type;
}

function libraryType(field: Field): string {
  const dimension = Object.values(Dimension).find((known) => known === field.type);
  return dimension === undefined ? field.type : quantityType(dimension);
}

/** A type of the library is known by a class; no value of ours ever has this one. */
function markerClass(): new () => object {
  return function Marker() {} as unknown as new () => object;
}

/** The library only checks; our closures evaluate. */
function unreachable(): never {
  throw new WritError('broken-invariant', 'the interpreter of the library is never used');
}
