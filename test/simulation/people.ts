/**
 * Who uses a simulated cell: agents that ask, repeat and cancel, an approver that votes, an owner that looks up what
 * became of an indeterminate call. They see only the ledger, and nobody waits for an answer.
 */
import { cloudEvent, decodeCommit, encodeCommit, subjects } from '@writ/contracts';
import type { AgentId, Fact, Instant, InvocationId, TenantId } from '@writ/contracts';
import type { MemoryLedger } from '@writ/ledger';
import type { IndeterminateCall } from '@writ/scheduler';
import { TENANTS } from './governance.ts';
import { publish } from './publish.ts';
import type { Random } from './random.ts';

const AGENTS = ['ada', 'bob'] as AgentId[];
const TOOLS = ['read', 'read', 'compute', 'order', 'store', 'post', 'purge', 'unknown'] as const;
const DEADLINE_MS = 3_000;

interface Request {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly id: string;
}

export class People {
  readonly #ledger: MemoryLedger;
  readonly #random: Random;
  readonly #now: () => Instant;
  readonly #asked: Request[] = [];
  #calls = 0;
  #votes = 0;

  constructor(ledger: MemoryLedger, random: Random, now: () => Instant) {
    this.#ledger = ledger;
    this.#random = random;
    this.#now = now;
  }

  async request(): Promise<void> {
    const random = this.#random;
    const tenant = random.pick(TENANTS);
    const agent = random.pick(AGENTS);
    const calls = Array.from({ length: random.chance(0.7) ? 1 : 1 + random.below(4) }, () => ({
      invocation: `i${++this.#calls}`,
      tool: random.pick(TOOLS),
      inputs: { size: random.below(6) },
    }));
    const deadline = random.chance(0.1)
      ? { deadline: new Date(this.#now() + DEADLINE_MS).toISOString() }
      : {};
    const priority = random.pick(['urgent', 'normal', 'background']);
    const reason = random.chance(0.5) ? { justification: 'the last batch' } : {};
    const data = { calls, project: 'default', priority, ...deadline, ...reason };
    const id = `req-${this.#calls}`;
    const fact = { type: 'tool.requested', tenant, data } as unknown as Fact;
    const bytes = encodeCommit([cloudEvent(fact, id, `agent/${agent}`, this.#now())]);
    const request = { subject: subjects.requests(tenant, agent), data: bytes, id };
    this.#asked.push(request);
    await this.#ledger.append(request);
  }

  /** An agent that did not hear of an ack sends the same bytes again. */
  async repeat(): Promise<void> {
    if (this.#asked.length > 0) await this.#ledger.append(this.#random.pick(this.#asked));
  }

  async cancel(): Promise<void> {
    if (this.#calls === 0) return;
    const tenant = this.#random.pick(TENANTS);
    const agent = this.#random.pick(AGENTS);
    const data = { invocation: `i${1 + this.#random.below(this.#calls)}` };
    const fact = { type: 'tool.cancel-requested', tenant, data } as Fact;
    await this.#publish(subjects.requests(tenant, agent), fact, `cancel-${this.#now()}-${data.invocation}`);
  }

  /** The approver looks at the approvals that the latest decisions opened, and votes. */
  async vote(latest: number): Promise<void> {
    const decisions = this.#ledger.commits.filter(({ subject }) => subject.endsWith('.decisions'));
    for (const { type, tenant, data } of decisions.slice(-latest).flatMap(decodeCommit)) {
      if (type !== 'approval.opened') continue;
      const { invocation, argsDigest } = data;
      const vote = this.#random.chance(0.7) ? 'approve' : 'deny';
      const fact = { type: 'approval.voted', tenant, data: { invocation, argsDigest, vote } } as Fact;
      await this.#publish(subjects.approvals(tenant, 'eve'), fact, `vote-${++this.#votes}`);
    }
  }

  /** An owner looks up what became of indeterminate calls, and says so. */
  async resolve(tenant: TenantId, calls: readonly IndeterminateCall[]): Promise<void> {
    for (const { invocation } of calls) {
      const outcome = this.#random.chance(0.5) ? 'succeeded' : 'failed';
      const used = this.#random.chance(0.5) ? { used: { usd: '1000000' } } : {};
      const fact = { type: 'invocation.resolved', tenant, data: { invocation, outcome, ...used } } as Fact;
      await this.#publish(subjects.approvals(tenant, 'eve'), fact, `said-${++this.#votes}`);
    }
  }

  /** An operator wants the place of a call. */
  async preempt(tenant: TenantId, invocation: InvocationId): Promise<void> {
    const data = { invocation, reason: 'a beam slot' };
    const fact: Fact = { type: 'preemption.requested', tenant, data };
    await this.#publish(subjects.catalog(tenant), fact, `preempt-${++this.#votes}`);
  }

  #publish(subject: string, fact: Fact, id: string): Promise<unknown> {
    return publish(this.#ledger, subject, [fact], id, this.#now());
  }
}
