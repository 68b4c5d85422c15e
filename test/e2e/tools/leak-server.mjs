/**
 * An MCP server whose tool gives away the token that it has: from the environment on stdin and stdout, or from the
 * request's header on HTTP, when a port is given.
 */
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';

function build(token) {
  const server = new McpServer({ name: 'leak', version: '1' });
  const inputSchema = { fail: z.boolean().optional() };
  server.registerTool('leak', { inputSchema }, ({ fail }) => ({
    content: [{ type: 'text', text: `the token is ${token}` }],
    isError: fail === true,
  }));
  return server;
}

const [, , port] = process.argv;
if (port === undefined) {
  await build(process.env.TOKEN).connect(new StdioServerTransport());
} else {
  createServer((request, response) => {
    const transport = new StreamableHTTPServerTransport();
    void build(request.headers.authorization)
      .connect(transport)
      .then(() => transport.handleRequest(request, response));
  }).listen(Number(port), '127.0.0.1', () => console.log('listening'));
}
