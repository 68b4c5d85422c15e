/** Every package says what it needs, no more and no less, and for each rule the proof that it bites. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '@writ/testkit';
import { describe, expect, it } from 'vitest';
import {
  readPackages,
  unbuilt,
  wrongDependencies,
  wrongLock,
  wrongReferences,
  wrongTags,
} from './packages.ts';
import type { Lock, Package } from './packages.ts';
import { sourceFiles } from './source-files.ts';

const packages = readPackages(REPOSITORY, sourceFiles());

describe('the repository', () => {
  it('has packages to look at', () => expect(packages.length).toBeGreaterThan(15));

  it.each([
    ['dependencies are what the source imports', wrongDependencies],
    ['references are the dependencies', wrongReferences],
    ['tags tell layer and scope', wrongTags],
  ])('%s', (_rule, wrong) => expect(packages.flatMap((one) => wrong(one))).toEqual([]));

  it('everything is built from the root', () => {
    const { references = [] } = read('tsconfig.json') as Package['tsconfig'];
    const paths = references.map(({ path }) => path);
    expect(unbuilt(packages, paths)).toEqual([]);
  });

  it('the lock file says the same (else: npm install)', () => {
    const lock = read('package-lock.json') as Lock;
    expect(packages.flatMap((one) => wrongLock(one, lock))).toEqual([]);
  });
});

describe('a package that says it wrong is reported:', () => {
  it.each([
    [
      'an import that is no dependency',
      wrongDependencies,
      { dependencies: {} },
      /@writ\/contracts is missing/,
    ],
    [
      'a dependency that nothing imports',
      wrongDependencies,
      { dependencies: { '@writ/contracts': '0', '@writ/budget': '0' } },
      /dependencies: @writ\/budget is not needed/,
    ],
    [
      'the testkit among what the product needs',
      wrongDependencies,
      { dependencies: { '@writ/contracts': '0', '@writ/testkit': '0' }, devDependencies: {} },
      /devDependencies: @writ\/testkit is missing/,
    ],
    ['a reference too few', wrongReferences, { references: [] }, /libs\/contracts is missing/],
    [
      'a reference to what only specs need',
      wrongReferences,
      { references: [{ path: '../../libs/contracts' }, { path: '../../libs/testkit' }] },
      /libs\/testkit is not needed/,
    ],
    [
      'the tag of another layer',
      wrongTags,
      { tags: ['layer:core', 'scope:ledger'] },
      /layer:adapter is missing/,
    ],
  ] as const)('%s', (_what, wrong, change, sentence) => {
    expect(wrong(ledger(change)).filter((one) => sentence.test(one))).toHaveLength(1);
  });

  it('one that the root does not build', () =>
    expect(unbuilt([ledger({})], ['./tsconfig.check.json'])).toEqual([
      'tsconfig.json references: libs/ledger is missing',
    ]));

  it('one that was locked otherwise', () =>
    expect(wrongLock(ledger({}), { packages: { 'libs/ledger': {} } })).toEqual([
      'package-lock.json libs/ledger dependencies: @writ/contracts is missing',
      'package-lock.json libs/ledger devDependencies: @writ/testkit is missing',
    ]));

  it('and one that says it right is not', () => {
    for (const wrong of [wrongDependencies, wrongReferences, wrongTags])
      expect(wrong(ledger({}))).toEqual([]);
  });
});

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(REPOSITORY, name), 'utf8'));
}

/** A package that imports the contracts, and the testkit in a spec. */
function ledger(change: {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly references?: readonly { readonly path: string }[];
  readonly tags?: readonly string[];
}): Package {
  const {
    dependencies = { '@writ/contracts': '0' },
    devDependencies = { '@writ/testkit': '0' },
    references = [{ path: '../../libs/contracts' }],
    tags = ['layer:adapter', 'scope:ledger'],
  } = change;
  return {
    folder: 'libs/ledger',
    manifest: { name: '@writ/ledger', dependencies, devDependencies, nx: { tags } },
    tsconfig: { references },
    sources: [
      { path: 'libs/ledger/src/port.ts', text: "import type { Fact } from '@writ/contracts';" },
      { path: 'libs/ledger/src/port.spec.ts', text: "import { kit } from '@writ/testkit';" },
    ],
  };
}
