/** Configuration of an executor besides what every service reads. */
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { executorId, token } from '@writ/contracts';
import { hostExecutorId } from './executor-identity.ts';
import { FIRST_TOOL_USER, MOST_PROCESSES } from './limits.ts';

export const EXECUTOR_CONFIG = Symbol('executor config');

export const executorEnvironment = z.object({
  /** Its name in the ledger; one process at a time may use it. */
  WRIT_EXECUTOR: executorId.default(hostExecutorId()),
  WRIT_POOL: token.default('default'),
  /** Calls at once. */
  WRIT_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(8 * availableParallelism()),
  /** Threads that run `module` tools. */
  WRIT_WORKERS: z.coerce.number().int().min(1).max(1_024).default(availableParallelism()),
  /** Subprocesses of `command` tools at once. */
  WRIT_PROCESSES: z.coerce
    .number()
    .int()
    .min(1)
    .max(MOST_PROCESSES)
    .default(4 * availableParallelism()),
  /** The folder that tools are run from; nothing outside it is ever run as a module. */
  WRIT_TOOLS: z.string().default('tools'),
  /** When the executor runs as root: the first user that commands run as; 0 leaves them root. */
  WRIT_TOOL_USER: z.coerce.number().int().min(0).max(4_000_000_000).default(FIRST_TOOL_USER),
  /** Folder with a file for each secret; `WRIT_SECRET_<NAME>` works without. */
  WRIT_SECRETS: z.string().optional(),
  /** `name=value` pairs, comma separated, that calls may ask for. */
  WRIT_LABELS: z
    .string()
    .default('')
    .transform((text) =>
      Object.fromEntries(
        text
          .split(',')
          .filter(Boolean)
          .map((pair) => pair.split('=', 2)),
      ),
    ),
  /** GPUs, and memory in GB, that calls of tools which require them share; without them there are none to give. */
  WRIT_GPUS: z.coerce.number().int().min(0).max(1_024).optional(),
  WRIT_MEMORY_GB: z.coerce.number().min(0).max(1_000_000).optional(),
  /** Names of environment variables that module tools see, comma separated. */
  WRIT_TOOL_ENVIRONMENT: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean)),
});
export type ExecutorConfig = z.infer<typeof executorEnvironment>;
