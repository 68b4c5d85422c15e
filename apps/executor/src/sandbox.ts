/**
 * What this machine can hold a command in, found out once by trying. At best a user, a PID and a mount namespace of
 * its own: whatever a command starts, also a daemon that left its group, is gone when the command is, and the whole of
 * it when the executor is. Without (a container that forbids it, another system) the process group remains. As root
 * each process slot runs as a user of its own, because the kernel counts no processes of root and hides nothing from it.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { promisify } from 'node:util';
import { WritError, messageOf } from '@writ/contracts';
import { sandboxScript } from './sandbox-script.ts';
import type { CommandLimits } from './sandbox-script.ts';

const run = promisify(execFile);

const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const PROBE_TIMEOUT_MS = 10_000;
const PROBE_LIMITS = { cpuSeconds: 5, memoryMegabytes: 64, processes: 8, files: 64, fileMegabytes: 1 };

/** How one call wants to be held. */
export interface Holding {
  readonly limits: CommandLimits;
  /** Which of the process slots it has: decides its user when the executor is root. */
  readonly slot: number;
  readonly noNetwork: boolean;
  readonly readOnlyRoot: boolean;
  /** It is started by a library that gives it no descriptor 3 to tell on and cannot change the user (an MCP server). */
  readonly untold?: boolean;
}

export interface Launch {
  readonly program: string;
  readonly arguments: readonly string[];
  /** The user to start it as; undefined: as ourselves. */
  readonly user: number | undefined;
}

interface Programs {
  readonly sh: string;
  readonly setpriv: string | undefined;
  readonly unshare: string | undefined;
  readonly mount: string | undefined;
}

interface Machine {
  readonly programs: Programs;
  readonly firstUser: number | undefined;
}

export class Sandbox {
  /** A namespace of its own for every call. */
  readonly namespaces: boolean;
  /** What a tool may demand beyond. */
  readonly offers: { readonly network: boolean; readonly readOnlyRoot: boolean };
  readonly #programs: Programs;
  readonly #firstUser: number | undefined;
  /** Why there is less than could be. */
  readonly #why: string;

  private constructor(machine: Machine, offers: Sandbox['offers'] | undefined, why: string) {
    this.#programs = machine.programs;
    this.#firstUser = machine.firstUser;
    this.namespaces = offers !== undefined;
    this.offers = offers ?? { network: false, readOnlyRoot: false };
    this.#why = why;
  }

  /** `firstUser`: as root, the uid of slot 0; slot n gets n more. 0: commands run as root, and are less contained. */
  static async detect(firstUser: number): Promise<Sandbox> {
    const machine = await lookAround(firstUser);
    const all = new Sandbox(machine, { network: true, readOnlyRoot: true }, '');
    const problem = await all.#tries({ noNetwork: false, readOnlyRoot: false });
    if (problem !== undefined) {
      const grouped = new Sandbox(machine, undefined, problem);
      // A container's root may be forbidden to become another user, too.
      const alone = await grouped.#tries({ noNetwork: false, readOnlyRoot: false });
      return alone === undefined
        ? grouped
        : new Sandbox({ ...machine, firstUser: undefined }, undefined, problem);
    }
    const network = (await all.#tries({ noNetwork: true, readOnlyRoot: false })) === undefined;
    const readOnlyRoot = (await all.#tries({ noNetwork: false, readOnlyRoot: true })) === undefined;
    return new Sandbox(machine, { network, readOnlyRoot }, '');
  }

  /** What remains where the kernel allows no namespaces, or nobody wants them. */
  static async withoutNamespaces(firstUser: number, why: string): Promise<Sandbox> {
    return new Sandbox(await lookAround(firstUser), undefined, why);
  }

  /** As root, the user that a slot's commands run as. */
  userOf(slot: number): number | undefined {
    return this.#firstUser === undefined ? undefined : this.#firstUser + slot;
  }

  /** One line for the log. */
  describe(): string {
    const user = this.#firstUser === undefined ? "the executor's own user" : 'a user of their own';
    if (!this.namespaces) {
      return `commands run as ${user} in a process group, without namespaces (${this.#why}): what leaves the group is only searched for`;
    }
    const { network, readOnlyRoot } = this.offers;
    const more = [network ? 'no network' : '', readOnlyRoot ? 'read-only root' : ''].filter(Boolean);
    const offered = more.length === 0 ? 'no more isolation is possible' : `on demand: ${more.join(', ')}`;
    return `commands run as ${user} in namespaces of their own; ${offered}`;
  }

  /** @throws WritError `isolation-unavailable` when the tool demands what this machine cannot do. */
  require(tool: string, demand: Pick<Holding, 'noNetwork' | 'readOnlyRoot'>): void {
    const missing = [
      demand.noNetwork && !this.offers.network ? 'network: false' : '',
      demand.readOnlyRoot && !this.offers.readOnlyRoot ? 'readOnlyRoot: true' : '',
    ].filter(Boolean);
    if (missing.length === 0) return;
    const why = this.#why === '' ? '' : ` (${this.#why})`;
    throw new WritError(
      'isolation-unavailable',
      `tool "${tool}" demands ${missing.join(' and ')}, which this node's kernel does not allow${why}: ` +
        'run it in a pool whose nodes do',
    );
  }

  /** The command line that runs `argv` (its program an absolute path) held as asked. */
  launch(argv: readonly string[], holding: Holding): Launch {
    const line = [...this.#prefix(holding), this.#programs.sh, '-c', this.#script(holding), 'writ', ...argv];
    const user = holding.untold ? undefined : this.userOf(holding.slot);
    return { program: line[0] as string, arguments: line.slice(1), user };
  }

  #prefix({ slot, noNetwork, readOnlyRoot, untold }: Holding): string[] {
    const { setpriv, unshare } = this.#programs;
    if (setpriv === undefined) return [];
    // Whoever starts it changes the user, where that can be asked for: setpriv takes 1.5 ms to look the user up.
    const user = untold ? this.userOf(slot) : undefined;
    const drop = user === undefined ? [] : ['--reuid', `${user}`, '--regid', `${user}`, '--clear-groups'];
    const dying = [setpriv, ...drop, '--pdeathsig', 'KILL', '--no-new-privs', '--'];
    if (!this.namespaces || unshare === undefined) return dying;
    return [
      ...dying,
      unshare,
      '--user',
      '--map-current-user',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      ...(readOnlyRoot ? ['--keep-caps'] : []),
      ...(noNetwork ? ['--net'] : []),
      '--',
    ];
  }

  #script({ limits, readOnlyRoot, untold }: Holding): string {
    const { mount, setpriv } = this.#programs;
    const script = sandboxScript({
      limits,
      first: this.namespaces,
      countsProcesses: this.namespaces || this.#firstUser !== undefined,
      readOnly: readOnlyRoot && mount !== undefined && setpriv !== undefined ? { mount, setpriv } : undefined,
    });
    return untold ? `exec 3>/dev/null\n${script}` : script;
  }

  /** Runs `true` held like this; says what went wrong. */
  async #tries(demand: Pick<Holding, 'noNetwork' | 'readOnlyRoot'>): Promise<string | undefined> {
    const { setpriv, unshare, mount } = this.#programs;
    if (this.namespaces && (setpriv === undefined || unshare === undefined)) {
      return 'util-linux (setpriv, unshare) is not installed';
    }
    if (demand.readOnlyRoot && mount === undefined) return 'mount is not installed';
    try {
      const program = (await findProgram('true')) ?? '/bin/true';
      const holding = { limits: PROBE_LIMITS, slot: 0, untold: true, ...demand };
      const launch = this.launch([program], holding);
      await run(launch.program, launch.arguments, { timeout: PROBE_TIMEOUT_MS, cwd: '/tmp', env: {} });
      return undefined;
    } catch (error) {
      const { stderr } = error as { stderr?: string };
      return (stderr?.trim() || messageOf(error)).split('\n', 1)[0];
    }
  }
}

async function lookAround(firstUser: number): Promise<Machine> {
  const names = ['sh', 'setpriv', 'unshare', 'mount'];
  const [sh = '/bin/sh', setpriv, unshare, mount] = await Promise.all(names.map((name) => findProgram(name)));
  const asRoot = process.getuid?.() === 0 && setpriv !== undefined && firstUser > 0;
  return { programs: { sh, setpriv, unshare, mount }, firstUser: asRoot ? firstUser : undefined };
}

/** The absolute path of a program; `path` as in the environment variable. */
export async function findProgram(name: string, path?: string): Promise<string | undefined> {
  for (const folder of path?.split(':') ?? FOLDERS) {
    const file = `${folder}/${name}`;
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}
