/** The catalog of `traces.spec.ts`: one tool for each way in which a call can end. `port`: of the busy HTTP server. */
export function tracedTools(port: number): string {
  const hold = `'echo begun > "$1"; printf %s "$TRACEPARENT" > "$1.trace"; until [ -e "$1.go" ]; do sleep 0.02; done'`;
  return `
tools:
  - name: dock
    class: NETWORK
    effects: keyed
    cost: { usd: 1 usd }
    adapter: { kind: nats, worker: dock }
  - name: synthesize
    class: READ_ONLY
    cost: { usd: 500 usd }
    adapter: { kind: module, module: echo.mjs }
  - name: wipe
    class: DESTRUCTIVE
    adapter: { kind: module, module: echo.mjs }
  - name: assay
    class: NETWORK
    effects: keyed
    cost: { usd: 2 usd }
    retry: { attempts: 2, backoffSeconds: 0.05 }
    adapter: { kind: http, url: 'http://127.0.0.1:${port}/', retries: 0 }
  - name: order
    class: NETWORK
    effects: once
    cost: { usd: 5 usd }
    adapter: { kind: command, argv: [sh, -c, ${hold}, x, '{args.file}'] }
policies:
  - { name: ask-first, condition: tool.price > 100 usd, action: require-approval }
  - { name: no-wipe, condition: tool.destructive, action: deny }
  - { name: overdrawn, condition: budget.remaining.usd < 0 usd, action: deny }
  - { name: all, condition: 'true', action: allow }
breakers:
  - { tool: dock, minimumCalls: 100 }
budgets: [{ account: /, limits: { usd: 1000 } }]
`;
}
