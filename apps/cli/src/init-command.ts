/**
 * `writ init`: makes the ledger's stream and buckets on a new NATS cluster, before the services start. Harmless when they
 * are there. `npm start` does the same for its own server.
 */
import { WritError, messageOf } from '@writ/contracts';
import { connectNats, ensureLedger } from '@writ/ledger';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { show } from './commands.ts';
import type { GlobalOptions, Surroundings } from './commands.ts';
import { ExitCode } from './exit-code.ts';
import { sessionSettings } from './session.ts';

interface InitOptions extends GlobalOptions {
  readonly replicas: number;
  readonly maxBytes?: number;
}

/** JetStream replicates to at most this many servers, and only odd numbers gain anything. */
const REPLICAS = [1, 3, 5];

/** Adds the command; `ended` takes its exit code. */
export function addInitCommand(
  program: Command,
  surroundings: Surroundings,
  ended: (code: ExitCode) => void,
): void {
  program
    .command('init')
    .description('make the ledger on a new NATS cluster; does nothing where it exists')
    .option('--replicas <count>', 'servers that hold a copy: 1, or 3 in production', replicasOf, 1)
    .option('--max-bytes <bytes>', 'room for the stream; full means refused, never forgotten', bytesOf)
    .action(async (_: unknown, command: Command) =>
      ended(await init(surroundings, command.optsWithGlobals())),
    );
}

async function init({ terminal }: Surroundings, options: InitOptions): Promise<ExitCode> {
  const { server, user, password } = sessionSettings(
    'operator',
    { ...options, cell: true },
    process.env,
    process.cwd(),
  );
  const connection = await connectNats({ url: server, user, password, name: 'writ init' }).catch(
    (cause: unknown) => {
      throw new WritError('connection-failed', `cannot connect to ${server}: ${messageOf(cause)}`, { cause });
    },
  );
  try {
    const { replicas, maxBytes } = options;
    const ledger = await ensureLedger(connection, {
      replicas,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
    show(terminal, options, { server, ledger, replicas }, () =>
      ledger === 'created'
        ? `the ledger stands on ${server}; start the services`
        : `${server} has a ledger already; nothing was changed`,
    );
    return ExitCode.ok;
  } catch (error) {
    if (error instanceof WritError) throw error;
    throw new WritError('init-failed', `the ledger could not be made on ${server}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await connection.close();
  }
}

function replicasOf(text: string): number {
  const count = Number(text);
  if (REPLICAS.includes(count)) return count;
  throw new InvalidArgumentError(`one of ${REPLICAS.join(', ')}`);
}

function bytesOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('a whole number of bytes above 0');
}
