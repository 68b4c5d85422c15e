/** STYLE.md over the whole repository, and for each rule the proof that it bites. */
import { describe, expect, it } from 'vitest';
import {
  emptyWords,
  exportStars,
  impurities,
  leftovers,
  missingHeader,
  registryHosts,
  tooLongFile,
  tooLongFunctions,
} from './rules.ts';
import { isSpec, sourceFiles, textFiles } from './source-files.ts';
import type { SourceFile } from './source-files.ts';

const CORE = /^libs\/(policy|budget|scheduler|execution|provenance|expressions|workflow)\/src\//;

const sources = sourceFiles();
const texts = textFiles();
const cores = sources.filter(({ path }) => CORE.test(path) && !isSpec(path));

describe('the repository', () => {
  it('has files to look at, also in the cores', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(cores.length).toBeGreaterThan(30);
    expect(texts.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['package.json', '.ci/run', '.oxlintrc.json']),
    );
  });

  it.each([
    ['files of at most 300 lines', tooLongFile, sources],
    ['functions of at most 60 lines', tooLongFunctions, sources],
    ['names that say something', emptyWords, sources],
    ['cores without clock, randomness and process', impurities, cores],
    ['no export *', exportStars, sources],
    ['no work left for later', leftovers, texts],
    ['a header on every file', missingHeader, sources],
    ['no host of a registry', registryHosts, texts],
  ] as const)('%s', (_rule, broken, files) => expect(files.flatMap((file) => broken(file))).toEqual([]));
});

describe('a file that breaks a rule is reported:', () => {
  const lines = (count: number, line = 'x();\n'): string => line.repeat(count);

  it.each([
    ['301 lines', tooLongFile, text(lines(301))],
    ['a function of 61 lines', tooLongFunctions, text(`function f() {\n${lines(59)}}`)],
    ['a method of 61 lines', tooLongFunctions, text(`class C {\n  m() {\n${lines(59)}}\n}`)],
    ['a test of 61 lines', tooLongFunctions, text(`it('x', () => {\n${lines(59)}});`)],
    ['a file called helpers', emptyWords, text('', 'libs/ledger/src/date-helpers.ts')],
    ['a folder called common', emptyWords, text('', 'libs/common/src/index.ts')],
    ['a class called Manager', emptyWords, text('export class LeaseManager {}')],
    ['a type called Base', emptyWords, text('interface BaseFact {}')],
    ['Date.now', impurities, text('const at = Date.now();')],
    ['new Date()', impurities, text('const at = new Date();')],
    ['Math.random', impurities, text('const pick = Math.random();')],
    ['process', impurities, text('const home = process.env.HOME;')],
    ['setTimeout', impurities, text('setTimeout(() => {}, 5);')],
    ['export *', exportStars, text("export * from './all.ts';")],
    ['work left for later', leftovers, text(`// ${['TO', 'DO'].join('')}: later`)],
    ['no header', missingHeader, text('const x = 1;')],
    ['a registry', registryHosts, text(`https://${['registry', 'npmjs'].join('.')}.org`)],
  ] as const)('%s', (_what, broken, bad) => expect(broken(bad)).toHaveLength(1));
});

describe('a file that keeps the rules is not reported:', () => {
  it.each([
    ['300 lines', tooLongFile, text('x();\n'.repeat(300))],
    ['a describe of 100 lines', tooLongFunctions, text(`describe('x', () => {\n${'x();\n'.repeat(100)}});`)],
    ['a Date of a given instant', impurities, text('const text = new Date(at).toISOString();')],
    ['a property called process', impurities, text('const p = fact.process; const q = { process: 1 };')],
    ['a named re-export', exportStars, text("export { one } from './one.ts';")],
    ['a word that contains one', emptyWords, text('export class Database {}', 'libs/audit/src/database.ts')],
  ] as const)('%s', (_what, broken, good) => expect(broken(good)).toEqual([]));
});

function text(written: string, path = 'libs/policy/src/rule.ts'): SourceFile {
  return { path, text: written };
}
