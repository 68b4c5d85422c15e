/**
 * `module` tools: functions exported by ES modules in the executor's tools folder. A module outside that folder never
 * runs, whatever the catalog says, symbolic links included. A module is imported once per worker, so changed code
 * takes effect with the next start of the executor.
 */
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { WritError, messageOf } from '@writ/contracts';
import type { ToolSpec } from '@writ/contracts';
import { Measured, startsFirst } from '@writ/execution';
import type { PreparedTool, ToolAdapter } from './tool-run.ts';
import type { WorkerPool } from './worker-pool.ts';

/** Modules that come with the executor; their names are no paths. */
const BUILT_IN: ReadonlyMap<string, string> = new Map([
  ['writ:gates', fileURLToPath(new URL('../tools/gates.mjs', import.meta.url))],
]);

export class ModuleAdapter implements ToolAdapter {
  readonly #folder: string;
  readonly #pool: WorkerPool;

  /** `toolsFolder`: where modules are looked for; `pool` is started by its owner and closed with the adapter. */
  constructor(toolsFolder: string, pool: WorkerPool) {
    this.#folder = toolsFolder;
    this.#pool = pool;
  }

  async prepare(tool: ToolSpec): Promise<PreparedTool> {
    const { adapter } = tool;
    if (adapter.kind !== 'module') throw new WritError('invalid-tool', `tool "${tool.name}" is no module`);
    const file = BUILT_IN.get(adapter.module) ?? (await insideFolder(this.#folder, adapter.module));
    const target = {
      name: `${file}#${adapter.export}`,
      module: pathToFileURL(file).href,
      export: adapter.export,
      timeoutMs: 1_000 * tool.timeoutSeconds,
      secrets: adapter.secrets,
      // A completion does not grow by what nobody pays for.
      measures: Measured.cpuSeconds in tool.cost || Measured.wallSeconds in tool.cost,
      repeatable: !startsFirst(tool),
    };
    return (run) => this.#pool.run(target, run);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/**
 * The real path of a file that lies in the folder.
 * @throws WritError `invalid-tool` when there is none, or when it leads out of the folder.
 */
export async function insideFolder(folder: string, path: string): Promise<string> {
  let root: string;
  let file: string;
  try {
    root = await realpath(folder);
    file = await realpath(resolve(root, path));
  } catch (error) {
    throw new WritError(
      'invalid-tool',
      `"${path}" is not in the tools folder ${folder}: ${messageOf(error)}`,
    );
  }
  const within = relative(root, file);
  if (isAbsolute(path) || within === '' || within.startsWith('..') || isAbsolute(within)) {
    const hint = 'name a file inside it, by a path relative to it';
    throw new WritError('invalid-tool', `"${path}" leads out of the tools folder ${folder}; ${hint}`);
  }
  return file;
}
