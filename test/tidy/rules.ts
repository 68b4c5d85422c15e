/**
 * STYLE.md as functions: each looks at one file and returns a sentence for every place that breaks the rule, with the
 * way out. Whole-file rules work on the text, the others on TypeScript's syntax tree.
 */
import ts from 'typescript';
import { isSpec } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

const MOST_LINES_OF_FILE = 300;
const MOST_LINES_OF_FUNCTION = 60;

/** Names that say nothing, and what to do instead. */
const EMPTY_WORDS: Readonly<Record<string, string>> = {
  utils: 'name what it does (deadline, digest, backoff)',
  util: 'name what it does (deadline, digest, backoff)',
  helpers: 'put each function beside its only caller, or name its subject',
  helper: 'put the function beside its only caller, or name its subject',
  common: 'name what is shared',
  manager: 'name the work: host, supervisor, registry, pool',
  base: 'prefer a function or an interface; name what varies',
};

export function tooLongFile({ path, text }: SourceFile): string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines > MOST_LINES_OF_FILE
    ? [`${path} has ${lines} lines: split it by idea (at most ${MOST_LINES_OF_FILE})`]
    : [];
}

export function tooLongFunctions(file: SourceFile): string[] {
  const source = parse(file);
  return nodesOf(source).flatMap((node) => {
    if (!ts.isFunctionLike(node) || isGroupOfTests(node)) return [];
    const lines = lineOf(source, node.end) - lineOf(source, node.getStart(source)) + 1;
    const where = `${file.path}:${lineOf(source, node.getStart(source))}`;
    return lines > MOST_LINES_OF_FUNCTION
      ? [`${where} a function of ${lines} lines: at most ${MOST_LINES_OF_FUNCTION}`]
      : [];
  });
}

/** In file and folder names and in the names of declared functions, classes and types. */
export function emptyWords(file: SourceFile): string[] {
  const source = parse(file);
  const declared = source.statements.flatMap((statement) =>
    (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || isType(statement)) &&
    statement.name
      ? [statement.name.text]
      : [],
  );
  return [...file.path.split('/'), ...declared].flatMap((name) =>
    wordsOf(name)
      .filter((word) => Object.hasOwn(EMPTY_WORDS, word))
      .map((word) => `${file.path}: "${word}" in ${name}: ${EMPTY_WORDS[word]}`),
  );
}

/** What a pure core may not touch: it gets time, randomness and ids in arguments. */
export function impurities(file: SourceFile): string[] {
  const source = parse(file);
  const found = (node: ts.Node, what: string): string[] => [
    `${file.path}:${lineOf(source, node.getStart(source))} ${what}: a core gets it as an argument`,
  ];
  return nodesOf(source).flatMap((node) => {
    if (ts.isNewExpression(node) && node.expression.getText(source) === 'Date' && !node.arguments?.length)
      return found(node, 'new Date()');
    if (ts.isPropertyAccessExpression(node) && IMPURE_MEMBERS.has(node.getText(source)))
      return found(node, node.getText(source));
    if (ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text) && isValue(node))
      return found(node, node.text);
    return [];
  });
}

const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'crypto.getRandomValues']);
const IMPURE_GLOBALS = new Set([
  'process',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'fetch',
  'globalThis',
]);

export function exportStars(file: SourceFile): string[] {
  const stars = parse(file).statements.filter((one) => ts.isExportDeclaration(one) && !one.exportClause);
  return stars.map(() => `${file.path}: export * hides what is public: list the names`);
}

/** Work that is left for later belongs into an issue. */
export function leftovers({ path, text }: SourceFile): string[] {
  const mark = new RegExp(
    `\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['XX', 'X'].join('')})\\b`,
  );
  const lines = text.split('\n').flatMap((line, index) => (mark.test(line) ? [index + 1] : []));
  return lines.map((line) => `${path}:${line} work left for later: do it, or file an issue`);
}

/** A file says at its top what it owns and why; a spec says it in its titles. */
export function missingHeader({ path, text }: SourceFile): string[] {
  const start = text.replace(/^#!.*\n/, '');
  return isSpec(path) || start.startsWith('/** ') || start.startsWith('/**\n')
    ? []
    : [`${path} does not begin with a header`];
}

/** Which mirror or registry a machine uses, only the machine says. */
export function registryHosts({ path, text }: SourceFile): string[] {
  const hosts = [
    ['registry', 'npmjs'],
    ['deb', 'debian'],
    ['security', 'debian'],
    ['archive', 'ubuntu'],
    ['proxy', 'golang'],
  ];
  const named = hosts.filter((parts) => text.includes(parts.join('.')));
  return named.map(
    (parts) => `${path} names the host ${parts.join('.')}...: leave it to the machine's configuration`,
  );
}

/** Each file is parsed once, however many rules look at it. */
const PARSED = new WeakMap<SourceFile, ts.SourceFile>();

function parse(file: SourceFile): ts.SourceFile {
  let source = PARSED.get(file);
  if (!source) {
    source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2024, true);
    PARSED.set(file, source);
  }
  return source;
}

function nodesOf(root: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(root);
  return nodes;
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

/** `describe` holds tests as a file does: its length says nothing. */
function isGroupOfTests(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

function isType(statement: ts.Statement): statement is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
}

/** "ledgerManager.ts" -> ledger, manager, ts. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.toLowerCase());
}

/** Not the name of a property, parameter or key that happens to be the same word. */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  const named =
    ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent);
  if (named || ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent)) return parent.name !== node;
  return !(ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isBindingElement(parent));
}
