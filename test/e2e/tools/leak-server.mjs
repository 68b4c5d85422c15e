/** An MCP server whose tool gives away the token that the server was started with. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'leak', version: '1' });
const inputSchema = { fail: z.boolean().optional() };
server.registerTool('leak', { inputSchema }, ({ fail }) => ({
  content: [{ type: 'text', text: `the token is ${process.env.TOKEN}` }],
  isError: fail === true,
}));
await server.connect(new StdioServerTransport());
