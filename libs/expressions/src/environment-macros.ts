/**
 * The macros that the library's type checker does not know: those with two variables, and those of optional
 * values. Each is declared with the types of its variables; what it does when it runs is in `compile/`.
 */
import type { Environment } from './compile/library.ts';
import { QUANTITY_PREFIX } from './compile/quantities.ts';
import { HAS_FUNCTION } from './source/rewrite.ts';

/** Most values that `math.greatest` and `math.least` take. */
const MAX_EXTREMES = 8;

/** What the library hands to a macro: its own checker, opaque types and syntax trees. */
interface Checker {
  check(part: Part, context: Context): Type;
  getType(name: string): Type;
  createError(code: string, message: string, part: Part): Error;
  readonly registry: {
    getListType(of: Type): Type;
    getMapType(key: Type, of: Type): Type;
    getOptionalType(of: Type): Type;
  };
}

interface Type {
  readonly kind: string;
  readonly name: string;
  readonly keyType?: Type;
  readonly valueType?: Type;
}

interface Part {
  readonly op: string;
  readonly args: unknown;
  setMeta(key: string, value: unknown): Part;
}

interface Context {
  forkWithVariable(name: string, type: Type): Context;
}

interface Call {
  readonly args: readonly Part[];
  readonly receiver: Part;
}

type TypeOfCall = (checker: Checker, call: Call, context: Context) => Type;

/** Declares every macro to an environment. */
export function declareMacros(environment: InstanceType<typeof Environment>, unreachable: () => never): void {
  const declare = (name: string, parameters: number, typeOf: TypeOfCall, receiver = 'list.'): void => {
    const signature = `${receiver}${name}(${Array(parameters).fill('ast').join(', ')}): dyn`;
    environment.registerFunction(signature, (call: Call) => ({
      ...call,
      typeCheck: (checker: Checker, macro: Call, context: Context) => typeOf(checker, macro, context),
      evaluate: unreachable,
    }));
  };
  declare(HAS_FUNCTION, 1, presence, '');
  for (let parameters = 1; parameters <= MAX_EXTREMES; parameters++) {
    for (const name of ['greatest', 'least']) declare(name, parameters, extreme, 'math.');
  }
  for (const name of ['all', 'exists', 'exists_one', 'existsOne']) declare(name, 3, quantified);
  declare('existsOne', 2, quantified);
  for (const parameters of [3, 4]) {
    declare('transformList', parameters, (...parts) => parts[0].registry.getListType(transformed(...parts)));
    declare('transformMap', parameters, transformedMap);
    declare('transformMapEntry', parameters, (...parts) => transformed(...parts));
  }
  declare('optMap', 2, (...parts) => parts[0].registry.getOptionalType(mappedOptional(...parts)));
  declare('optFlatMap', 2, mappedOptional);
}

/** `has(a.b)`: whatever it asks of has to be right by itself. */
function presence(checker: Checker, call: Call, context: Context): Type {
  const asked = call.args[0] as Part;
  if (asked.op !== '.' && asked.op !== '.?') {
    throw checker.createError('invalid_macro_argument', 'has() asks for a field: has(args.name)', asked);
  }
  checker.check(asked, context);
  return checker.getType('bool');
}

/** The greatest of one kind of values is of that kind; of different numbers, any of theirs. */
function extreme(checker: Checker, call: Call, context: Context): Type {
  const given = call.args.map((part) => checker.check(part, context));
  const [only] = given;
  const types =
    given.length === 1 && only?.kind === 'list' ? [only.valueType ?? checker.getType('dyn')] : given;
  const [first] = types as [Type];
  const wrong = types.findIndex((type) => !/^(int|uint|double|dyn.*)$/.test(type.name));
  if (types.every((type) => type === first) && (wrong < 0 || first.name.startsWith(QUANTITY_PREFIX)))
    return first;
  if (wrong < 0) return checker.getType('dyn');
  const message = 'math.greatest() and math.least() take numbers, or quantities in one unit';
  throw checker.createError('invalid_macro_argument', message, call.args[wrong] as Part);
}

function quantified(checker: Checker, call: Call, context: Context): Type {
  const inner = bound(checker, call, context, call.args.length - 1);
  requireCondition(checker, call.args.at(-1) as Part, inner);
  return checker.getType('bool');
}

/** The type of the body, after the condition if there is one. */
function transformed(checker: Checker, call: Call, context: Context): Type {
  const inner = bound(checker, call, context, 2);
  if (call.args.length === 4) requireCondition(checker, call.args[2] as Part, inner);
  return checker.check(call.args.at(-1) as Part, inner);
}

function transformedMap(checker: Checker, call: Call, context: Context): Type {
  const range = checker.check(call.receiver, context);
  return checker.registry.getMapType(
    range.keyType ?? checker.getType('dyn'),
    transformed(checker, call, context),
  );
}

function mappedOptional(checker: Checker, call: Call, context: Context): Type {
  const range = checker.check(call.receiver, context);
  const inner = context.forkWithVariable(
    nameOf(checker, call.args[0] as Part),
    range.valueType ?? checker.getType('dyn'),
  );
  return checker.check(call.args[1] as Part, inner);
}

/** The context in which a macro's body is checked: its variables with the types that the range gives them. */
function bound(checker: Checker, call: Call, context: Context, variables: number): Context {
  const range = checker.check(call.receiver, context);
  const dyn = checker.getType('dyn');
  if (!/^(list|map|dyn)$/.test(range.kind)) {
    throw checker.createError(
      'invalid_comprehension_range',
      'a macro goes over a list or a map',
      call.receiver,
    );
  }
  const keys = range.kind === 'list' ? checker.getType('int') : (range.keyType ?? dyn);
  const values = range.valueType ?? dyn;
  const types = variables === 2 ? [keys, values] : [range.kind === 'list' ? values : keys];
  return types.reduce(
    (inner, type, index) => inner.forkWithVariable(nameOf(checker, call.args[index] as Part), type),
    context,
  );
}

function nameOf(checker: Checker, part: Part): string {
  if (part.op === 'id') return part.args as string;
  throw checker.createError('invalid_macro_argument', 'a macro begins with the names of its variables', part);
}

function requireCondition(checker: Checker, part: Part, context: Context): void {
  const type = checker.check(part, context);
  if (type.name === 'bool' || type.kind === 'dyn') return;
  throw checker.createError('invalid_condition_type', 'the condition of a macro is true or false', part);
}
