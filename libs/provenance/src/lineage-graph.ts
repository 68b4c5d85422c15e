/**
 * The graph that `writ lineage` draws: calls, attempts of workflow nodes, approvals, and the outputs that were used. It has
 * no circles, because a call only comes after what led to it: an attempt leads to its calls, and the calls that kept its
 * promise lead to what it opened.
 */
import type { FlowOfCall } from '@writ/contracts';
import { attemptKey } from './lineage-links.ts';
import type { LineageLink } from './lineage-links.ts';
import type { InvocationProvenance } from './report-schema.ts';

export interface LineageNode {
  readonly id: string;
  readonly kind: 'call' | 'attempt' | 'approval' | 'output';
  /** A few short lines, the first is its name. */
  readonly lines: readonly string[];
  /** Of a call: how far it has come; of an attempt: what became of it. */
  readonly stage?: string;
  readonly role: 'asked' | 'cause' | 'effect';
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly what: 'asked for' | 'approved' | 'gave' | 'used by' | 'led to' | 'opened';
}

export interface LineageGraph {
  readonly invocation: string;
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** Whether something was left out because there is too much of it. */
  readonly whole: boolean;
}

export interface LineageParts {
  readonly invocation: string;
  readonly causes: readonly InvocationProvenance[];
  readonly asked: InvocationProvenance;
  readonly effects: readonly InvocationProvenance[];
  readonly causeLinks: readonly LineageLink[];
  readonly effectLinks: readonly LineageLink[];
  readonly whole: boolean;
}

type AttemptLink = Extract<LineageLink, { readonly kind: 'attempt' }>;

const DIGEST_SHOWN = 19;

export function lineageGraph(parts: LineageParts): LineageGraph {
  const drawing = new Drawing(parts);
  return {
    invocation: parts.invocation,
    nodes: [...drawing.nodes.values()],
    edges: drawing.edges,
    whole: parts.whole,
  };
}

class Drawing {
  readonly nodes = new Map<string, LineageNode>();
  readonly edges: LineageEdge[] = [];
  readonly #calls: ReadonlyMap<string, InvocationProvenance>;

  constructor({ causes, asked, effects, causeLinks, effectLinks }: LineageParts) {
    const all = [...causes, asked, ...effects];
    this.#calls = new Map(all.map((told) => [told.invocation, told]));
    for (const told of causes) this.#call(told, 'cause');
    this.#call(asked, 'asked');
    for (const told of effects) this.#call(told, 'effect');
    const before = new Set([...causes, asked].flatMap(({ who }) => (who.node ? [keyOf(who.node)] : [])));
    for (const { attempt } of attemptsIn(causeLinks)) if (attempt !== undefined) before.add(attempt);
    for (const attempt of before) this.#put(attemptNode(attempt, 'cause'));
    for (const link of attemptsIn(causeLinks))
      this.#attempt({ ...link, opens: link.opens.filter((opened) => before.has(opened)) }, 'cause');
    for (const link of attemptsIn(effectLinks)) this.#attempt(link, 'effect');
    for (const told of all) this.#reasons(told);
  }

  #call(told: InvocationProvenance, role: LineageNode['role']): void {
    const { invocation, stage, who, what, when, why } = told;
    const took = when.ranMs === null ? stage : `${stage}, ran ${Math.round(when.ranMs)} ms`;
    const lines = [what.tool ?? '(unreadable)', invocation, `by ${who.agent}`, took];
    this.#put({ id: callId(invocation), kind: 'call', lines, stage, role });
    if (!why.approval) return;
    const { result, decidedBy, reason } = why.approval;
    const id = `approval:${invocation}`;
    const by = decidedBy.length > 0 ? [`by ${decidedBy.join(', ')}`] : [];
    this.#put({
      id,
      kind: 'approval',
      lines: [`approval ${result}`, ...by, ...(reason ? [reason] : [])],
      role,
    });
    this.#join(id, callId(invocation), 'approved');
  }

  /** What the request says of its own reasons, as far as it is drawn. */
  #reasons({ invocation, who }: InvocationProvenance): void {
    const to = callId(invocation);
    for (const cause of who.causedBy) {
      const told = this.#calls.get(cause);
      if (!told) continue;
      const output = told.what.outputDigest;
      if (output === null) {
        this.#join(callId(cause), to, 'led to');
        continue;
      }
      const id = `output:${cause}`;
      const { role } = this.nodes.get(callId(cause)) as LineageNode;
      if (!this.nodes.has(id)) this.#join(callId(cause), id, 'gave');
      this.#put({
        id,
        kind: 'output',
        lines: [output.slice(0, DIGEST_SHOWN)],
        role: role === 'asked' ? 'effect' : role,
      });
      this.#join(id, to, 'used by');
    }
    if (who.node === null) return;
    const attempt = keyOf(who.node);
    if (!this.nodes.has(attemptId(attempt))) this.#put(attemptNode(attempt, 'effect'));
    this.#join(attemptId(attempt), to, 'asked for');
  }

  #attempt({ attempt, result, calls, opens }: AttemptLink, role: 'cause' | 'effect'): void {
    if (attempt !== undefined) {
      const known = this.nodes.get(attemptId(attempt));
      this.#put(attemptNode(attempt, known?.role ?? role, result));
    }
    const kept = calls.filter((call) => this.#calls.has(call));
    for (const opened of opens) {
      if (!this.nodes.has(attemptId(opened))) this.#put(attemptNode(opened, role));
      for (const call of kept) this.#join(callId(call), attemptId(opened), 'opened');
      if (kept.length === 0 && attempt !== undefined)
        this.#join(attemptId(attempt), attemptId(opened), 'opened');
    }
  }

  #put(node: LineageNode): void {
    this.nodes.set(node.id, node);
  }

  #join(from: string, to: string, what: LineageEdge['what']): void {
    const known = this.edges.some((edge) => edge.from === from && edge.to === to);
    if (!known && from !== to) this.edges.push({ from, to, what });
  }
}

function attemptNode(attempt: string, role: LineageNode['role'], stage?: string): LineageNode {
  const [run, node = '', number] = attempt.split('.');
  const lines = [node, `run ${run}`, `attempt ${number}${stage === undefined ? '' : `, ${stage}`}`];
  return { id: attemptId(attempt), kind: 'attempt', lines, ...(stage === undefined ? {} : { stage }), role };
}

function attemptsIn(links: readonly LineageLink[]): readonly AttemptLink[] {
  return links.filter((link) => link.kind === 'attempt');
}

function keyOf(node: NonNullable<InvocationProvenance['who']['node']>): string {
  return attemptKey(node as FlowOfCall);
}

function callId(invocation: string): string {
  return `call:${invocation}`;
}

function attemptId(attempt: string): string {
  return `attempt:${attempt}`;
}
