/** An MCP server with two tools, for `writ import mcp`. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const server = new McpServer({ name: 'lab', version: '1' });
const nothing = () => ({ content: [] });
const weigh = { inputSchema: { grams: z.number() }, annotations: { readOnlyHint: true } };
server.registerTool('weigh', weigh, nothing);
server.registerTool('burn', { inputSchema: {} }, nothing);
await server.connect(new StdioServerTransport());
