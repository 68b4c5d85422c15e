/** The dependency arrows over the whole repository, and over a small layout that breaks each of them once. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY, temporaryFolder } from '@writ/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boundaryViolations } from './boundaries.ts';
import type { Violation } from './boundaries.ts';

const WITHIN_MS = 30_000;

describe('the repository', () => {
  it(
    'keeps the dependency arrows',
    async () => {
      expect(await boundaryViolations(REPOSITORY, ['libs', 'apps', 'infra', 'test'])).toEqual([]);
    },
    WITHIN_MS,
  );
});

/** Each file has one import; the rule that it breaks. */
const BROKEN: Readonly<Record<string, readonly [line: string, rule: string]>> = {
  'libs/policy/src/a.ts': ["import pg from 'pg'; pg;", 'core-imports-impure-package'],
  'libs/policy/src/b.ts': ["import { Module } from '@nestjs/common'; Module;", 'core-imports-impure-package'],
  'libs/scheduler/src/c.ts': [
    "import { connect } from '@nats-io/transport-node'; connect;",
    'core-imports-impure-package',
  ],
  'libs/policy/src/d.ts': ["import { readFileSync } from 'node:fs'; readFileSync;", 'core-imports-node'],
  'libs/scheduler/src/e.ts': ["import { readFileSync } from 'fs'; readFileSync;", 'core-imports-node'],
  'libs/policy/src/f.ts': ["import { budget } from '@writ/budget'; budget;", 'policy-imports-core'],
  'libs/scheduler/src/g.ts': ["import { budget } from '@writ/budget'; budget;", 'core-imports-core'],
  'libs/scheduler/src/h.ts': [
    "import type { Budget } from '@writ/budget'; export type A = Budget;",
    'core-imports-core',
  ],
  'libs/decisions/src/r.ts': ["import { budget } from '@writ/budget'; budget;", 'decisions-import-core'],
  'libs/contracts/src/i.ts': ["import { budget } from '@writ/budget'; budget;", 'contracts-import-lib'],
  'apps/policy/src/j.ts': ["import { main } from '../../audit/src/main.ts'; main;", 'app-imports-app'],
  'libs/ledger/src/k.ts': [
    "import { main } from '../../../apps/audit/src/main.ts'; main;",
    'lib-imports-app',
  ],
  'apps/policy/src/l.ts': [
    "import { inner } from '../../../libs/budget/src/inner.ts'; inner;",
    'reaches-into-lib',
  ],
  'apps/policy/src/m.ts': ["import { kit } from '@writ/testkit'; kit;", 'product-imports-testkit'],
  'libs/ledger/src/n.ts': ["import { gone } from './gone.ts'; gone;", 'imports-unknown'],
  'libs/ledger/src/o.ts': ["import { p } from './p.ts'; export const o = () => p;", 'cycle'],
  'apps/audit/src/q.ts': ["import { start } from '../../../infra/dev/start.ts'; start;", 'app-imports-infra'],
};

const FINE: Readonly<Record<string, string>> = {
  'libs/contracts/src/index.ts': 'export const contracts = 1;',
  'libs/budget/src/index.ts':
    "import { contracts } from '@writ/contracts'; export const budget = contracts; export type Budget = 1;",
  'libs/budget/src/inner.ts': 'export const inner = 1;',
  'libs/expressions/src/index.ts': "import { z } from 'zod'; export const expressions = z;",
  'libs/policy/src/index.ts':
    "import { expressions } from '@writ/expressions'; export const policy = expressions;",
  'libs/decisions/src/index.ts': "import { policy } from '@writ/policy'; policy;",
  'libs/policy/src/some.spec.ts':
    "import { readFileSync } from 'node:fs'; import { kit } from '@writ/testkit'; kit; readFileSync;",
  'libs/ledger/src/p.ts': "import { o } from './o.ts'; export const p = () => o;",
  'libs/testkit/src/index.ts': 'export const kit = 1;',
  'apps/audit/src/main.ts': "import { budget } from '@writ/budget'; export const main = budget;",
  'infra/dev/start.ts': "import { kit } from '@writ/testkit'; export const start = kit;",
};

describe('a layout that breaks every arrow', () => {
  const folder = temporaryFolder();
  let violations: Violation[];
  beforeAll(async () => {
    layOut(folder.path);
    violations = await boundaryViolations(folder.path, ['libs', 'apps', 'infra']);
  }, WITHIN_MS);
  afterAll(() => folder.remove());

  it.each(Object.entries(BROKEN))('%s is reported', (path, [, rule]) => {
    expect(violations.filter(({ from }) => from === path).map((violation) => violation.rule)).toEqual([rule]);
  });

  it('what is allowed is not reported', () => {
    const cycle = 'libs/ledger/src/p.ts';
    expect(violations.filter(({ from }) => from in FINE && from !== cycle)).toEqual([]);
  });
});

describe('a layout without a module', () => {
  it(
    'is an error, not a success',
    async () => {
      const folder = temporaryFolder();
      layOut(folder.path);
      mkdirSync(join(folder.path, 'empty'));
      await expect(boundaryViolations(folder.path, ['empty'])).rejects.toMatchObject({
        code: 'nothing-cruised',
      });
      folder.remove();
    },
    WITHIN_MS,
  );
});

/** A workspace like ours: packages linked into node_modules, each with the source condition. */
function layOut(root: string): void {
  cpSync(join(REPOSITORY, 'tsconfig.base.json'), join(root, 'tsconfig.base.json'));
  const files = {
    ...FINE,
    ...Object.fromEntries(Object.entries(BROKEN).map(([path, [line]]) => [path, line])),
  };
  for (const [path, text] of Object.entries(files)) write(join(root, path), text);
  for (const name of ['contracts', 'budget', 'expressions', 'policy', 'decisions', 'ledger', 'testkit']) {
    const manifest = {
      name: `@writ/${name}`,
      type: 'module',
      exports: { '.': { '@writ/source': './src/index.ts' } },
    };
    write(join(root, 'libs', name, 'package.json'), JSON.stringify(manifest));
    link(join(root, 'libs', name), join(root, 'node_modules', '@writ', name));
  }
  for (const name of ['pg', 'zod', '@nestjs', '@nats-io'])
    link(join(REPOSITORY, 'node_modules', name), join(root, 'node_modules', name));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
