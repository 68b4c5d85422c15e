/**
 * The dependency arrows of ARCHITECTURE §7: contracts <- cores <- (ledger, service, telemetry, sdk, ...) <- apps.
 * `test/tidy/boundaries.spec.ts` proves that each rule bites. Packages are told apart by path, so the rules hold for
 * a copy of the layout anywhere.
 */
const CORES = 'policy|budget|scheduler|execution|provenance|expressions|workflow|decisions';
const CORE = `^libs/(${CORES})/src/`;

/** Pure npm packages: no I/O, no clock of their own. */
const PURE_PACKAGES = 'zod|canonicalize|@marcbachmann/cel-js|temporal-polyfill|uuidv7';

/** Specs may use what their subject may not: vitest, fast-check, files, the testkit. */
const SPEC = '\\.spec\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-imports-core',
      comment: 'A core shares the ledger with other cores, not code.',
      severity: 'error',
      from: { path: CORE, pathNot: ['^libs/(policy|decisions)/', SPEC] },
      to: { path: '^libs/', pathNot: ['^libs/contracts/', '^libs/$1/'] },
    },
    {
      name: 'policy-imports-core',
      comment: 'Policy may also use the condition language.',
      severity: 'error',
      from: { path: '^libs/policy/src/', pathNot: SPEC },
      to: { path: '^libs/', pathNot: '^libs/(contracts|expressions|policy)/' },
    },
    {
      name: 'decisions-import-core',
      comment: 'Policy and the gate write one subject, so one decider is made of both.',
      severity: 'error',
      from: { path: '^libs/decisions/src/', pathNot: SPEC },
      to: { path: '^libs/', pathNot: '^libs/(contracts|policy|workflow|decisions)/' },
    },
    {
      name: 'core-imports-node',
      comment: 'Clock, randomness and I/O reach a core as arguments.',
      severity: 'error',
      from: { path: CORE, pathNot: SPEC },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'core-imports-impure-package',
      comment: `A core uses pure packages only (${PURE_PACKAGES}): no Nest, NATS, pg.`,
      severity: 'error',
      from: { path: CORE, pathNot: SPEC },
      to: { path: 'node_modules/', pathNot: `node_modules/(${PURE_PACKAGES})/` },
    },
    {
      name: 'imports-unknown',
      comment: 'What cannot be resolved cannot be checked.',
      severity: 'error',
      from: { path: '^(libs|apps)/' },
      to: { couldNotResolve: true, pathNot: '^node:' },
    },
    {
      name: 'contracts-import-lib',
      comment: 'Everything stands on the contracts; they stand on nothing.',
      severity: 'error',
      from: { path: '^libs/contracts/src/', pathNot: SPEC },
      to: { path: '^libs/', pathNot: '^libs/contracts/' },
    },
    {
      name: 'app-imports-app',
      comment: 'Services talk over the ledger.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'lib-imports-app',
      comment: 'Dependencies point one way.',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|infra|test)/' },
    },
    {
      name: 'app-imports-infra',
      comment: 'What runs in production does not need the development tools.',
      severity: 'error',
      from: { path: '^apps/', pathNot: SPEC },
      to: { path: '^(infra|test)/' },
    },
    {
      name: 'reaches-into-lib',
      comment: 'A lib is used by its index: what that does not export is private.',
      severity: 'error',
      from: { path: '^(?:libs|apps|infra|test)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'product-imports-testkit',
      comment: 'The testkit is for specs, test/ and infra/.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [SPEC, '^libs/testkit/'] },
      to: { path: '^libs/testkit/' },
    },
    {
      name: 'cycle',
      comment: 'Modules that need each other at run time are one module; types may refer to each other.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@writ/source', 'import', 'default'],
      exportsFields: ['exports'],
    },
  },
};
