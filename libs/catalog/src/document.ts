/**
 * One YAML file with the way back from any value to its place. Syntax mistakes are collected, one a line, because a
 * parser that lost its way reports the same mistake again and again.
 */
import { isAlias, isMap, isNode, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, Node, Range, Scalar, YAMLError } from 'yaml';
import { messageOf } from '@writ/contracts';
import { MAX_ALIASES } from './limits.ts';
import { problemAt } from './problem.ts';
import type { Problem, SourceFile } from './problem.ts';

export type Path = readonly (string | number)[];

/** A stretch of the file's text. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

export interface YamlFile {
  readonly file: SourceFile;
  readonly document: Document.Parsed;
}

/** `yaml` is absent when the text is no YAML at all; problems found in a file that still reads come beside it. */
export interface ParsedYaml {
  readonly yaml?: YamlFile;
  readonly problems: readonly Problem[];
}

export function parseYaml(file: SourceFile): ParsedYaml {
  const document = parseDocument(file.text, {
    keepSourceTokens: true,
    prettyErrors: false,
    stringKeys: true,
  });
  const errors = [...document.errors, ...document.warnings];
  const problems = errors.filter(firstOfItsLine(file.text)).map((error) => syntaxProblem(file, error));
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { problems };
  try {
    document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return {
      problems: [...problems, problemAt(file, 0, 1, `the aliases cannot be expanded: ${messageOf(error)}`)],
    };
  }
  return { yaml: { file, document }, problems };
}

/** The node at `path`, aliases followed; undefined when there is none. */
export function nodeAt(yaml: YamlFile, path: Path): Node | undefined {
  let node = resolve(yaml, yaml.document.contents);
  for (const step of path) {
    if (isMap(node) || isSeq(node)) node = resolve(yaml, node.get(step, true));
    else return undefined;
  }
  return node;
}

/** The value at `path` as plain JSON. */
export function valueAt(yaml: YamlFile, path: Path): unknown {
  return nodeAt(yaml, path)?.toJS(yaml.document, { maxAliasCount: MAX_ALIASES });
}

/** The scalar at `path`, or nothing when something else stands there. */
export function scalarAt(yaml: YamlFile, path: Path): Scalar.Parsed | undefined {
  const node = nodeAt(yaml, path);
  return isScalar(node) && node.range ? (node as Scalar.Parsed) : undefined;
}

/** Where the value at `path` stands; for a value that is not there, the nearest one around it. */
export function placeOf(yaml: YamlFile, path: Path): Place {
  const node = nodeAt(yaml, path);
  if (node?.range && node.range[1] > node.range[0]) return place(yaml, node.range);
  if (path.length === 0) return { offset: 0, length: 1 };
  const key = placeOfKey(yaml, path);
  if (key) return key;
  return node?.range ? { offset: node.range[0], length: 1 } : placeOf(yaml, path.slice(0, -1));
}

/** Where the last key of `path` stands. */
export function placeOfKey(yaml: YamlFile, path: Path): Place | undefined {
  const parent = nodeAt(yaml, path.slice(0, -1));
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
  );
  return pair && isScalar(pair.key) && pair.key.range ? place(yaml, pair.key.range) : undefined;
}

/** Positions in the list `section` of the file; none when no list stands there. */
export function indices(yaml: YamlFile, section: string): number[] {
  const node = nodeAt(yaml, [section]);
  return isSeq(node) ? [...node.items.keys()] : [];
}

/** The keys of a mapping; none when it is no mapping. */
export function keysOf(node: Node | undefined): string[] {
  return isMap(node) ? node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}

function resolve(yaml: YamlFile, node: unknown): Node | undefined {
  const target = isAlias(node) ? node.resolve(yaml.document) : node;
  return isNode(target) ? target : undefined;
}

/** A collection is marked at its first line only. */
function place(yaml: YamlFile, [start, end]: Range): Place {
  const lineEnd = yaml.file.text.indexOf('\n', start);
  return { offset: start, length: (lineEnd < 0 ? end : Math.min(end, lineEnd)) - start };
}

function firstOfItsLine(text: string): (error: YAMLError) => boolean {
  const seen = new Set<number>();
  return (error) => {
    const line = text.lastIndexOf('\n', error.pos[0] - 1);
    return !seen.has(line) && seen.add(line).size > 0;
  };
}

const SYNTAX: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice in the same mapping; keep one',
  MULTIPLE_DOCS: 'a governance file is one YAML document; put what follows "---" into a file of its own',
  TAB_AS_INDENT: 'a tab cannot indent YAML; use spaces',
};

function syntaxProblem(file: SourceFile, error: YAMLError): Problem {
  const [start, end] = error.pos;
  return problemAt(file, start, end - start, SYNTAX[error.code] ?? `YAML: ${error.message}`);
}
