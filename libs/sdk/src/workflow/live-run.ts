/**
 * A run as its runner follows it. What the gate says comes by notice, or by asking when a notice was lost; both lead to
 * the same steps, and a step that was taken already is not taken again.
 */
import { WritError, messageOf } from '@writ/contracts';
import type {
  EventData,
  NodeEnd,
  NodeOpening,
  RunId,
  ToolRole,
  WorkflowNode,
  WorkflowSpec,
} from '@writ/contracts';
import { inputOver } from '@writ/workflow';
import type { HandedOver, NodeInput, RunView } from '@writ/workflow';
import { RUN_ENQUIRY_MS } from '../limits.ts';
import type { NoticedFact } from '../read-outcome.ts';
import { failed, playAttempt } from './attempt.ts';
import type { Submission } from './attempt.ts';
import type { WorkflowOptions, WorkflowResult } from './options.ts';

export class LiveRun {
  readonly #id: RunId;
  readonly #workflow: WorkflowSpec;
  readonly #options: WorkflowOptions;
  readonly #accepted = new Map<string, HandedOver>();
  /** What is submitted and not answered, and what becomes of it when it is accepted. */
  readonly #submitted = new Map<string, unknown>();
  readonly #feedback = new Map<string, string>();
  /** The latest attempt of each node that was begun here. */
  readonly #begun = new Map<string, number>();
  readonly #attempts = new Map<string, AbortController>();
  readonly #end = Promise.withResolvers<WorkflowResult>();
  #roles: Promise<ReadonlyMap<string, readonly ToolRole[]>> | undefined;
  #isOver = false;
  #isOpen = false;
  /** This runner began the run, so it knows what was put in. */
  #hasBegunIt = false;

  constructor(id: RunId, workflow: WorkflowSpec, options: WorkflowOptions) {
    this.#id = id;
    this.#workflow = workflow;
    this.#options = options;
  }

  async ended(): Promise<WorkflowResult> {
    const { executor, signal, run, input } = this.#options;
    const { workflows } = executor;
    const stopListening = workflows.listen(this.#id, {
      fact: (fact) => this.#hear(fact),
      failed: (error) => this.#fail(error),
    });
    const cancel = (): void => workflows.send('run.cancel-requested', { run: this.#id });
    signal?.addEventListener('abort', cancel, { once: true });
    const timer = setInterval(() => void this.#enquire(), RUN_ENQUIRY_MS);
    try {
      const begun = run === undefined ? undefined : workflows.view(this.#id);
      const view = await Promise.race([begun, this.#end.promise.then(() => undefined)]);
      if (view) this.#catchUp(view);
      else {
        this.#hasBegunIt = true;
        workflows.send('run.requested', { run: this.#id, workflow: this.#workflow, input: input ?? null });
      }
      if (signal?.aborted) cancel();
      return await this.#end.promise;
    } finally {
      this.#isOver = true;
      clearInterval(timer);
      signal?.removeEventListener('abort', cancel);
      stopListening();
      for (const attempt of this.#attempts.values()) attempt.abort();
    }
  }

  #hear(fact: NoticedFact): void {
    if (this.#isOver) return;
    this.#options.onFact?.(fact);
    switch (fact.type) {
      case 'run.opened':
        return this.#follow(fact.data as EventData<'run.opened'>);
      case 'run.refused':
        return this.#refused(fact.data as EventData<'run.refused'>);
      case 'contract.accepted':
        return this.#onAccepted(fact.data as EventData<'contract.accepted'>);
      case 'contract.rejected':
        return this.#onRejected(fact.data as EventData<'contract.rejected'>);
      case 'node.reopened':
        return this.#follow(fact.data as EventData<'node.reopened'>);
      case 'run.completed':
        return this.#complete(fact.data as EventData<'run.completed'>);
      default:
    }
  }

  #follow({ opens }: { readonly opens: readonly NodeOpening[] }): void {
    this.#isOpen = true;
    for (const opening of opens) this.#begin(opening, opening.timeoutSeconds * 1_000, false);
  }

  #begin(opening: NodeOpening, timeoutMs: number, mayBeKnown: boolean): void {
    if ((this.#begun.get(opening.node) ?? 0) >= opening.attempt) return;
    this.#begun.set(opening.node, opening.attempt);
    void this.#attempt(opening, timeoutMs, mayBeKnown);
  }

  /** A run that has begun is not hurt when somebody asks for another one of its name. */
  #refused({ problems }: EventData<'run.refused'>): void {
    if (this.#isOpen) return;
    const told = problems.map(({ node, message }) =>
      node === undefined ? message : `node "${node}": ${message}`,
    );
    const { name } = this.#workflow;
    this.#fail(
      new WritError('invalid-workflow', `the gate refuses workflow "${name}": ${told.join('; ')}`, {
        details: { problems },
      }),
    );
  }

  #onAccepted(data: EventData<'contract.accepted'>): void {
    const key = keyOf(data);
    // Submitted by an earlier life of this runner: only the gate still has it.
    if (!this.#submitted.has(key)) return void this.#enquire();
    this.#accepted.set(data.node, { output: this.#submitted.get(key), routedTo: data.routedTo });
    this.#submitted.delete(key);
    this.#follow(data);
  }

  #onRejected(data: EventData<'contract.rejected'>): void {
    if (data.next === 'ignored') return void this.#enquire();
    this.#submitted.delete(keyOf(data));
    this.#feedback.set(data.node, data.feedback);
    this.#attempts.get(data.node)?.abort();
    this.#follow(data);
  }

  #complete({
    status,
    nodes,
    failures,
  }: Pick<EventData<'run.completed'>, 'status' | 'nodes' | 'failures'>): void {
    const accepted = [...this.#accepted];
    // An output that was accepted from an earlier life of this runner is asked for.
    if (Object.entries(nodes).some(([node, end]) => end === 'accepted' && !this.#accepted.has(node)))
      return void this.#enquire();
    const routes = accepted.flatMap(([node, { routedTo }]) =>
      routedTo === undefined ? [] : [[node, routedTo] as const],
    );
    this.#isOver = true;
    this.#end.resolve({
      run: this.#id,
      status,
      outputs: Object.fromEntries(accepted.map(([node, { output }]) => [node, output])),
      routes: Object.fromEntries(routes),
      nodes,
      failures,
    });
  }

  /** Where the run stands, whatever was heard of it. What an earlier life of this runner began goes on. */
  #catchUp(view: RunView): void {
    const unknown = Object.keys(view.nodes).find(
      (name) => !this.#workflow.nodes.some((node) => node.name === name),
    );
    if (unknown !== undefined)
      return this.#fail(
        new WritError('invalid-run', `run "${this.#id}" is of another workflow: it has a node "${unknown}"`),
      );
    for (const [name, node] of Object.entries(view.nodes)) {
      if (node.status === 'accepted' && node.attempt > 0 && !this.#accepted.has(name))
        this.#accepted.set(name, node);
      if (node.feedback !== undefined) this.#feedback.set(name, node.feedback);
    }
    if (view.status !== 'open') {
      const nodes = Object.entries(view.nodes).map(
        ([name, { status }]) => [name, status as NodeEnd] as const,
      );
      return this.#complete({
        status: view.status,
        nodes: Object.fromEntries(nodes),
        failures: [...view.failures],
      });
    }
    this.#isOpen = true;
    for (const { opening, openedAtMs = Date.now() } of Object.values(view.nodes)) {
      if (!opening) continue;
      const elapsedMs = Math.max(0, Date.now() - openedAtMs);
      this.#begin(opening, Math.max(0, opening.timeoutSeconds * 1_000 - elapsedMs), true);
    }
  }

  async #enquire(): Promise<void> {
    const view = await this.#options.executor.workflows.view(this.#id).catch(() => undefined);
    if (view && !this.#isOver) this.#catchUp(view);
  }

  async #attempt(opening: NodeOpening, timeoutMs: number, mayBeKnown: boolean): Promise<void> {
    const node = this.#workflow.nodes.find(({ name }) => name === opening.node) as WorkflowNode;
    const abort = new AbortController();
    this.#attempts.set(node.name, abort);
    const { executor, execute } = this.#options;
    const feedback = this.#feedback.get(node.name);
    try {
      const submission = await playAttempt(
        { run: this.#id, node, opening, timeoutMs, mayBeKnown, feedback, abort },
        {
          execute,
          call: (call) => executor.run(call),
          inputOf: (name) => this.#inputOf(name),
          rolesOfTools: () => this.#rolesOfTools(),
        },
      );
      if (!this.#isOver && this.#begun.get(node.name) === opening.attempt) this.#submit(opening, submission);
    } catch (error) {
      const fault = new WritError('runner-failed', messageOf(error), { cause: error });
      this.#fail(error instanceof WritError ? error : fault);
    }
  }

  #submit({ node, attempt }: NodeOpening, submission: Submission): void {
    this.#submitted.set(keyOf({ node, attempt }), submission.output);
    const { workflows } = this.#options.executor;
    try {
      workflows.send('node.submitted', { run: this.#id, node, attempt, ...submission });
    } catch (error) {
      // An output that no message can hold is the agent's mistake, and its next attempt is told so.
      workflows.send('node.submitted', {
        run: this.#id,
        node,
        attempt,
        ...failed('agent-failed', messageOf(error)),
      });
    }
  }

  /** When a node before it was skipped or has failed, or a notice was lost, only the gate knows what flows in. */
  async #inputOf(node: string): Promise<NodeInput> {
    const { nodes, edges } = this.#workflow;
    const stoodInFor = nodes.find(
      ({ onFailure }) => typeof onFailure === 'object' && onFailure.fallback === node,
    )?.name;
    const incoming = edges.filter(({ to }) => to === (stoodInFor ?? node));
    const isWhole = this.#hasBegunIt && incoming.every(({ from }) => this.#accepted.has(from));
    for (;;) {
      const local = inputOver(this.#options.input ?? null, incoming, (name) => this.#accepted.get(name));
      if (isWhole || this.#isOver) return local;
      const view = await this.#options.executor.workflows.view(this.#id).catch(() => undefined);
      if (view) return view.nodes[node]?.input ?? local;
      await new Promise((resolve) => setTimeout(resolve, RUN_ENQUIRY_MS));
    }
  }

  /** Asked for once; without an answer every tool counts as fit. */
  #rolesOfTools(): Promise<ReadonlyMap<string, readonly ToolRole[]>> {
    this.#roles ??= this.#options.executor.workflows
      .tools()
      .then(({ tools }) => new Map(tools.map(({ name, roles }) => [name, roles])))
      .catch(() => new Map());
    return this.#roles;
  }

  #fail(error: WritError): void {
    this.#isOver = true;
    this.#end.reject(error);
  }
}

function keyOf({ node, attempt }: { readonly node: string; readonly attempt: number }): string {
  return `${node} ${attempt}`;
}
