/**
 * The entry of every npm script, on a bare machine with only Node >= 20 and npm: installs what is missing, builds, and
 * hands over to the real command under Node 24, which npm brings too. Plain JavaScript without dependencies, because
 * it runs before anything is installed. What it starts ends with it (`guard.mjs`), also when it is killed.
 */
// @ts-check
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const OWN_NODE = 24;

/** How often we look whether npm, which started us, is still there. */
const LOOK_FOR_NPM_MS = 250;

/** Longer than what the command itself needs to stop its servers. */
const GRACE_MS = 20_000;

/** The npm scripts: the file that is run, and whether it needs the built `dist` folders. */
const COMMANDS = new Map([
  ['start', { file: 'infra/dev/start.ts', build: true }],
  ['test', { file: 'infra/dev/test.ts', build: true }],
  ['bench', { file: 'test/bench/main.ts', build: true }],
  ['writ', { file: 'apps/cli/dist/main.js', build: true }],
  ['verify', { file: 'infra/dev/verify.ts', build: false }],
]);

const root = fileURLToPath(new URL('../..', import.meta.url));
const guard = join(root, 'libs/testkit/src/process/guard.mjs');

await main(process.argv[2] ?? '', process.argv.slice(3));

async function main(/** @type {string} */ name, /** @type {string[]} */ args) {
  const command = COMMANDS.get(name);
  const bench = name === 'bench' ? benchNamed(args[0]) : undefined;
  if (!command) fail(`"${name}" is no command; there are: ${[...COMMANDS.keys()].join(', ')}`);
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    fail(`Node ${process.versions.node} is too old: Writ needs Node ${OLDEST_NODE} or newer, with npm.`);
  }
  await install();
  const node = ownNode();
  if (command.build) await build(node);
  const flags = ['--conditions=@writ/source', '--disable-warning=ExperimentalWarning'];
  process.exitCode = await onTerminal(node, [
    ...(command.file.endsWith('.ts') ? flags : []),
    bench ?? join(root, command.file),
    ...(bench ? args.slice(1) : args),
  ]);
}

/** `npm run bench policy` runs `test/bench/policy.ts`; without a name, the suite is measured. */
function benchNamed(/** @type {string | undefined} */ name) {
  if (name === undefined || !/^[a-z-]+$/.test(name) || name.startsWith('-')) return undefined;
  const file = join(root, `test/bench/${name}.ts`);
  return existsSync(file) ? file : fail(`there is no benchmark "${name}" (test/bench/${name}.ts)`);
}

/** `npm ci` when the packages are not the ones that package-lock.json names. */
async function install() {
  const lock = join(root, 'package-lock.json');
  const mark = join(root, 'node_modules', '.writ-installed');
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  const listing = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(listing) || statSync(listing).mtimeMs < statSync(lock).mtimeMs) {
    await quietly(
      'installing npm packages (about a minute)',
      'npm',
      ['ci', '--no-audit', '--no-fund'],
      withoutOwnBinaries(),
    );
  }
  writeFileSync(mark, wanted);
}

/** Started by npm, our PATH begins with node_modules/.bin, whose `node` the install is about to replace. */
function withoutOwnBinaries() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return {
    ...process.env,
    PATH: folders.filter((folder) => !folder.includes('node_modules')).join(delimiter),
  };
}

/** The Node that npm brought; where npm has none for the platform, our own when it is new enough. */
function ownNode() {
  const brought = join(root, 'node_modules', '.bin', 'node');
  if (existsSync(brought)) return brought;
  if (Number(process.versions.node.split('.')[0]) >= OWN_NODE) return process.execPath;
  return fail(
    `npm has no Node ${OWN_NODE} for ${process.platform} ${process.arch}: install Node ${OWN_NODE} and run this again.`,
  );
}

/** Incremental: nothing to do costs a tenth of a second, and then says nothing. */
async function build(/** @type {string} */ node) {
  const first = !existsSync(join(root, 'libs/contracts/dist'));
  await quietly(
    first ? 'building' : '',
    node,
    [join(root, 'node_modules', '.bin', 'tsc'), '-b', root],
    process.env,
  );
}

/** Runs a step with one progress line; its output is shown only when it fails. */
async function quietly(
  /** @type {string} */ label,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {NodeJS.ProcessEnv} */ env,
) {
  const start = Date.now();
  if (label) process.stderr.write(`${label} ... `);
  let output = '';
  const child = underGuard('group', process.execPath, command, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const code = await ended(child);
  if (code !== 0) fail(`${label ? '\n' : ''}${output}`);
  if (label) process.stderr.write(`${((Date.now() - start) / 1000).toFixed(1)} s\n`);
}

/** The real command, on our terminal. Resolves with its exit code. */
async function onTerminal(/** @type {string} */ node, /** @type {string[]} */ args) {
  const child = underGuard('terminal', node, node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.connected && child.send({ signal }));
  }
  endWithNpm();
  return ended(child);
}

/** Whatever we start ends when we are gone. */
function underGuard(
  /** @type {'group'|'terminal'} */ scope,
  /** @type {string} */ node,
  /** @type {string} */ command,
  /** @type {string[]} */ args,
  /** @type {import('node:child_process').ForkOptions} */ options,
) {
  const order = JSON.stringify({ scope, stopSignal: 'SIGTERM', graceMs: GRACE_MS });
  return fork(guard, [order, command, ...args], {
    execPath: node,
    execArgv: [],
    detached: scope === 'group',
    ...options,
  });
}

/** The exit code, or the one that a shell gives for a signal. */
async function ended(/** @type {import('node:child_process').ChildProcess} */ child) {
  /** @type {{code: number|null, signal: NodeJS.Signals|null}|undefined} */
  let reported;
  child.on('message', (/** @type {any} */ report) => {
    if ('code' in report) reported = report;
    if ('failed' in report) console.error(report.failed);
  });
  const [code, signal] = /** @type {[number|null, NodeJS.Signals|null]} */ (await once(child, 'close'));
  const ending = reported ?? { code, signal };
  return ending.code ?? 128 + constants.signals[ending.signal ?? 'SIGKILL'];
}

/** npm cannot tell us when it is killed with SIGKILL; but then our ancestors change. The guard sees us end. */
function endWithNpm() {
  if (!process.env['npm_execpath']) return;
  const before = ancestors();
  setInterval(() => ancestors() !== before && process.exit(1), LOOK_FOR_NPM_MS).unref();
}

/** Parent and grandparent: npm runs a script through a shell, which stays when npm is gone. */
function ancestors() {
  const status = `/proc/${process.ppid}/status`;
  const grandparent = existsSync(status) ? /^PPid:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1] : '';
  return `${process.ppid} ${grandparent}`;
}

/** @returns {never} */
function fail(/** @type {string} */ sentence) {
  console.error(sentence);
  process.exit(1);
}
