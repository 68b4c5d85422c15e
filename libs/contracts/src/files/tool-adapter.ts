/**
 * How a tool is run: one shape for each kind of adapter. A secret is named here and nowhere spelled out:
 * `secret://name` is resolved inside the executor that runs the call, and in no other process.
 */
import { z } from 'zod';
import { token } from '../ids.ts';

const SECRET = /^secret:\/\/[A-Za-z0-9_-]{1,64}$/;

/** `secret://name`, the whole value. */
export const secretRef = z
  .string()
  .regex(SECRET, 'must be secret:// and 1 to 64 letters, digits, "_" or "-"');

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'must be the name of a variable');

/** Variable of the environment -> secret that becomes its value. */
const secretVariables = z.record(variableName, secretRef);

/** Header -> value; `secret://name` in it is replaced: `Authorization: Bearer secret://lab-token`. */
const headers = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/, 'must be the name of an HTTP header'),
  z.string().max(4_000),
);

/** Most that one call may take; what is absent is bounded by the executor's own defaults. */
const commandLimits = z.strictObject({
  /** Of all its processes together, as are the next two. */
  cpuSeconds: z.number().positive().max(1e7).optional(),
  /** Resident, and no file's. */
  memoryMegabytes: z.number().int().min(16).max(1e8).optional(),
  processes: z.number().int().min(1).max(100_000).optional(),
  /** Open in one process. */
  files: z.number().int().min(16).max(1_000_000).optional(),
  /** Largest file that it may write. */
  fileMegabytes: z.number().int().min(1).max(1e8).optional(),
});

const commandAdapter = z.strictObject({
  kind: z.literal('command'),
  /** Program and arguments; `{args.name}` in an argument is replaced by that input. Never goes through a shell. */
  argv: z.array(z.string().min(1)).min(1).max(64),
  /** Names of environment variables that are passed through; everything else is absent. */
  environment: z.array(z.string()).max(32).default([]),
  secrets: secretVariables.optional(),
  limits: commandLimits.optional(),
  /** `false`: it reaches no network. Fails where the executor's kernel cannot promise that. */
  network: z.boolean().optional(),
  /** `true`: it can write its scratch folder and nothing else. Fails where the kernel cannot promise that. */
  readOnlyRoot: z.boolean().optional(),
  /** Of a `queryable` tool: the program that says on stdout what became of a call, `{"status": "done", ...}`. */
  query: z.array(z.string().min(1)).min(1).max(64).optional(),
});

const moduleAdapter = z.strictObject({
  kind: z.literal('module'),
  /** File of an ES module, relative to the executor's tools folder. */
  module: z.string().min(1).max(512),
  /** The exported function: `(inputs, context) => output`. */
  export: z.string().min(1).max(128).default('run'),
  /** Of a `queryable` tool: the exported function that says what became of a call. */
  query: z.string().min(1).max(128).optional(),
  /** Name -> secret; the tool finds the values in `context.secrets`. */
  secrets: secretVariables.optional(),
});

const httpUrl = z
  .string()
  .regex(
    /^https?:\/\/[^/?#{}@]+([/?#]|$)/,
    'must be http(s)://host/..., with {args.name} only after the host',
  )
  .max(2_000);

const httpMethod = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

const httpAdapter = z.strictObject({
  kind: z.literal('http'),
  method: httpMethod.default('POST'),
  /** `{args.name}` in path or query is replaced by that input, encoded. The host never depends on inputs. */
  url: httpUrl,
  headers: headers.default({}),
  /** Most repeats after a failure that the tool's effects allow to repeat. */
  retries: z.number().int().min(0).max(10).default(2),
  /** Of a `queryable` tool: the request, with the same headers, whose answer says what became of a call. */
  query: z.strictObject({ method: httpMethod.default('GET'), url: httpUrl }).optional(),
});

const mcpServer = z.discriminatedUnion('transport', [
  z.strictObject({
    transport: z.literal('stdio'),
    /** Program and arguments of a server that speaks on stdin and stdout. */
    argv: z.array(z.string().min(1)).min(1).max(64),
    environment: z.array(z.string()).max(32).default([]),
    secrets: secretVariables.optional(),
  }),
  /** Streamable HTTP. */
  z.strictObject({ transport: z.literal('http'), url: httpUrl, headers: headers.default({}) }),
]);
export type McpServer = z.infer<typeof mcpServer>;

const mcpAdapter = z.strictObject({
  kind: z.literal('mcp'),
  server: mcpServer,
  /** The tool's name at the server. */
  tool: z.string().min(1).max(256),
  /** Of a `queryable` tool: the server's tool that says what became of a call. */
  query: z.string().min(1).max(256).optional(),
});

const natsAdapter = z.strictObject({
  kind: z.literal('nats'),
  /** The name that its workers serve (`serveTool`). */
  worker: token,
  /** Of a `queryable` tool: the workers that say what became of a call. */
  query: token.optional(),
});

export const toolAdapter = z.discriminatedUnion('kind', [
  moduleAdapter,
  commandAdapter,
  httpAdapter,
  mcpAdapter,
  natsAdapter,
]);
export type ToolAdapter = z.infer<typeof toolAdapter>;
