/**
 * Conditions, cost expressions and input schemas, checked where they stand in the file. They are read from the YAML and
 * not from parsed entries, so that a mistake elsewhere in an entry does not hide one in its expression.
 */
import { toolSpec } from '@writ/contracts';
import type { JsonObject, ToolName } from '@writ/contracts';
import { checkPolicies, checkTool } from '@writ/policy';
import type { FieldProblem } from '@writ/policy';
import { isMap } from 'yaml';
import { indices, keysOf, nodeAt, placeOf, scalarAt, valueAt } from './document.ts';
import type { Path, YamlFile } from './document.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { fileOffset } from './scalar-offset.ts';

/** The bound of the schemas; a longer text is reported by them. */
const MAX_EXPRESSION_LENGTH = 4_000;

/** An amount in a unit that has no legal name would be a second mistake about the first one. */
const UNIT_NAME = toolSpec.shape.cost.unwrap().keyType;

export function expressionProblems(yaml: YamlFile): Problem[] {
  return [
    ...indices(yaml, 'policies').flatMap((index) => policyProblems(yaml, ['policies', index])),
    ...indices(yaml, 'tools').flatMap((index) => toolProblems(yaml, ['tools', index])),
  ];
}

function policyProblems(yaml: YamlFile, path: Path): Problem[] {
  const condition = textAt(yaml, [...path, 'condition']);
  if (condition === undefined) return [];
  return checkPolicies([{ name: 'policy' as const, condition }]).map((problem) =>
    problemIn(yaml, path, problem),
  );
}

function toolProblems(yaml: YamlFile, path: Path): Problem[] {
  const tool = {
    name: 'tool' as ToolName,
    cost: costsAt(yaml, [...path, 'cost']),
    inputs: schemaAt(yaml, [...path, 'inputs']),
    outputs: schemaAt(yaml, [...path, 'outputs']),
  };
  return checkTool(tool).map((problem) => problemIn(yaml, path, problem));
}

function costsAt(yaml: YamlFile, path: Path): Record<string, string> {
  return Object.fromEntries(
    keysOf(nodeAt(yaml, path)).flatMap((unit) => {
      if (!UNIT_NAME.safeParse(unit).success) return [];
      const source = textAt(yaml, [...path, unit]);
      return source === undefined ? [] : [[unit, source]];
    }),
  );
}

function schemaAt(yaml: YamlFile, path: Path): JsonObject | undefined {
  return isMap(nodeAt(yaml, path)) ? (valueAt(yaml, path) as JsonObject) : undefined;
}

/** The expression at `path` as its author wrote it; nothing when there is no text, which the schema reports. */
function textAt(yaml: YamlFile, path: Path): string | undefined {
  const scalar = scalarAt(yaml, path);
  if (!scalar || scalar.value === null) return undefined;
  const text = typeof scalar.value === 'string' ? scalar.value : scalar.source;
  return text.length > 0 && text.length <= MAX_EXPRESSION_LENGTH ? text : undefined;
}

function problemIn(yaml: YamlFile, entry: Path, { field, offset, length, message }: FieldProblem): Problem {
  const { file } = yaml;
  const path = [...entry, ...(field.startsWith('cost.') ? ['cost', field.slice('cost.'.length)] : [field])];
  const scalar = scalarAt(yaml, path);
  if (!scalar || (offset === 0 && length === 0)) {
    const place = placeOf(yaml, path);
    return problemAt(file, place.offset, place.length, message);
  }
  const start = fileOffset(file.text, scalar, offset);
  const end = fileOffset(file.text, scalar, offset + Math.max(0, length - 1)) + 1;
  return problemAt(file, start, Math.max(1, end - start), message);
}
