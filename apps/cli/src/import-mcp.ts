/** `writ import mcp`: asks an MCP server for its tools, by the official SDK, and writes them down as a governance file. */
import { writeFile } from 'node:fs/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { importTools } from '@writ/catalog';
import type { ImportTerms, ImportedTool, ListedTool } from '@writ/catalog';
import { WritError, messageOf } from '@writ/contracts';
import type { McpServer } from '@writ/contracts';
import { table } from './table.ts';
import type { Paint } from './terminal.ts';

export interface ImportOptions {
  readonly url?: string;
  /** Program and arguments of a server on stdin and stdout. */
  readonly command?: readonly string[];
  readonly prefix: string;
  readonly class: ImportTerms['least'];
  readonly pool?: string;
  readonly output?: string;
}

export interface Imported {
  readonly yaml: string;
  readonly tools: readonly ImportedTool[];
}

/** Most pages of `tools/list`; a server that never ends its list must not hold us for ever. */
const MOST_PAGES = 100;

/** @throws WritError `invalid-call` without a server, `unavailable` when it cannot be asked, `file-exists`. */
export async function importMcp(options: ImportOptions): Promise<Imported> {
  const server = serverOf(options);
  const listed = await listTools(server);
  const imported = importTools(listed, {
    server,
    prefix: options.prefix,
    least: options.class,
    pool: options.pool,
  });
  if (options.output !== undefined) await write(options.output, imported.yaml);
  return imported;
}

/** What a person sees: each tool, its class, and what the server itself would say. */
export function importedTable(tools: readonly ImportedTool[], paint: Paint): string {
  return table(
    ['tool', 'class', 'the server says'],
    tools.map((tool) => [tool.name, tool.class, tool.hinted]),
    paint,
  );
}

function serverOf({ url, command }: ImportOptions): McpServer {
  if (url !== undefined && command === undefined) return { transport: 'http', url, headers: {} };
  if (command !== undefined && url === undefined) {
    return { transport: 'stdio', argv: [...command], environment: [] };
  }
  throw new WritError(
    'invalid-call',
    'name the server: either --url <url> or --command <program> [arguments...]',
  );
}

async function listTools(server: McpServer): Promise<ListedTool[]> {
  const client = new Client({ name: 'writ', version: '1' });
  const tools: ListedTool[] = [];
  try {
    await client.connect(transportOf(server));
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const listed = await client.listTools(cursor === undefined ? {} : { cursor });
      tools.push(...listed.tools);
      cursor = listed.nextCursor;
      if (cursor === undefined) break;
    }
    return tools;
  } catch (cause) {
    const message = `the MCP server cannot be asked for its tools: ${messageOf(cause)}`;
    throw new WritError('unavailable', message, { retryable: true, cause });
  } finally {
    await client.close();
  }
}

function transportOf(server: McpServer): Transport {
  if (server.transport === 'http') return new StreamableHTTPClientTransport(new URL(server.url));
  const [command = '', ...args] = server.argv;
  return new StdioClientTransport({ command, args, stderr: 'ignore' });
}

async function write(path: string, text: string): Promise<void> {
  try {
    // What stands there may hold classes that somebody has looked at.
    await writeFile(path, text, { flag: 'wx' });
  } catch (cause) {
    throw new WritError('file-exists', `${path} cannot be written: ${messageOf(cause)}; name a new file`, {
      cause,
    });
  }
}
