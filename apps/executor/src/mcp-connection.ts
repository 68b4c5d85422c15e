/**
 * One connection to an MCP server, shared by all tools and calls that name the same server with the same secrets. A
 * server on stdio is a process of its own, held like a command (`sandbox.ts`) and gone with the connection.
 */
import { tmpdir } from 'node:os';
import { isAbsolute } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { McpServer } from '@writ/contracts';
import { MCP_SERVER_SLOT, OPEN_FILES, LARGEST_FILE_MB, COMMAND_PROCESSES } from './limits.ts';
import { insideFolder } from './module-adapter.ts';
import { findProgram } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';
import { passedVariables, secretVariables, withSecretValues } from './tool-environment.ts';
import type { ToolRun } from './tool-run.ts';

export interface McpConnectionOptions {
  readonly toolsFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly sandbox: () => Promise<Sandbox>;
  readonly maxOutputBytes: number;
}

/** Most of what a server that runs for days may take; the memory of one is not its calls'. */
const SERVER_LIMITS = {
  cpuSeconds: 1e7,
  memoryMegabytes: 4_096,
  processes: COMMAND_PROCESSES,
  files: OPEN_FILES,
  fileMegabytes: LARGEST_FILE_MB,
};

/** Connects; `closed` is told once when the connection is over. */
export async function connectMcp(
  server: McpServer,
  run: Pick<ToolRun, 'secrets'>,
  options: McpConnectionOptions,
  closed: () => void,
): Promise<Client> {
  const client = new Client({ name: 'writ-executor', version: '1' });
  // The SDK's client is no event target: this is its only way to tell.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.onclose = closed;
  const transport =
    server.transport === 'http' ? httpTransport(server, run) : await stdioTransport(server, run, options);
  await client.connect(transport);
  return client;
}

function httpTransport(
  { url, headers }: Extract<McpServer, { transport: 'http' }>,
  run: Pick<ToolRun, 'secrets'>,
): Transport {
  const own = Object.entries(headers).map(([name, value]) => [name, withSecretValues(value, run)] as const);
  // A redirect would carry the headers to a host that nobody decided on.
  const requestInit = { headers: Object.fromEntries(own), redirect: 'error' as const };
  return new StreamableHTTPClientTransport(new URL(url), { requestInit });
}

async function stdioTransport(
  server: Extract<McpServer, { transport: 'stdio' }>,
  run: Pick<ToolRun, 'secrets'>,
  { toolsFolder, environment, sandbox, maxOutputBytes }: McpConnectionOptions,
): Promise<Transport> {
  const [program, ...args] = server.argv as [string, ...string[]];
  const variables = passedVariables(server.environment, environment);
  const argv = [
    await locate(program, toolsFolder, variables['PATH']),
    ...args.map((argument) => argument.replaceAll('{tools}', toolsFolder)),
  ];
  const holding = { limits: SERVER_LIMITS, slot: MCP_SERVER_SLOT, noNetwork: false, readOnlyRoot: false };
  const launch = (await sandbox()).launch(argv, { ...holding, untold: true });
  return new StdioClientTransport({
    command: launch.program,
    args: [...launch.arguments],
    env: { ...variables, ...secretVariables(server.secrets ?? {}, run) },
    stderr: 'ignore',
    cwd: tmpdir(),
    maxBufferSize: 2 * maxOutputBytes,
  });
}

async function locate(program: string, toolsFolder: string, path: string | undefined): Promise<string> {
  if (isAbsolute(program)) return program;
  if (program.includes('/')) return insideFolder(toolsFolder, program);
  return (await findProgram(program, path)) ?? program;
}
