/**
 * Who uses a simulated cell: agents that ask, repeat and cancel, an approver that votes, an owner that looks up what
 * became of an indeterminate call. They see only the ledger, and nobody waits for an answer.
 */
import { cloudEvent, decodeCommit, encodeCommit, subjects } from '@writ/contracts';
import type { AgentId, Fact, Instant, RecordedFact, TenantId } from '@writ/contracts';
import type { MemoryLedger } from '@writ/ledger';
import { TENANTS } from './governance.ts';
import { publish } from './publish.ts';
import type { Random } from './random.ts';

const AGENTS = ['ada', 'bob'] as AgentId[];
const TOOLS = ['read', 'read', 'compute', 'order', 'store', 'purge', 'unknown'] as const;
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
  /** How many commits the owner has read. */
  #read = 0;

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

  /** An owner looks up what became of an indeterminate call and says so. */
  async resolve(): Promise<void> {
    const schedules = this.#ledger.commits
      .slice(this.#read)
      .filter(({ subject }) => subject.endsWith('.schedule'));
    for (const { type, tenant, data } of schedules.flatMap(decodeCommit)) {
      if (type !== 'schedule.indeterminate') continue;
      const { invocation, attempt, agent, executor } = data;
      const { argsDigest } = this.#decisionOf(tenant, invocation);
      const now = this.#now();
      const end = { session: 'owner', outcome: 'succeeded', usage: {}, startedAtMs: now, endedAtMs: now };
      const completed = { invocation, attempt, agent, executor, argsDigest, ...end };
      const fact = { type: 'execution.completed', tenant, data: completed } as unknown as Fact;
      await this.#publish(subjects.executions(tenant, executor), fact, `resolved-${tenant}-${invocation}`);
    }
    this.#read = this.#ledger.commits.length;
  }

  /** The decision that allowed a call. */
  #decisionOf(tenant: TenantId, invocation: string): RecordedFact<'policy.decided'>['data'] {
    for (const commit of this.#ledger.commits) {
      if (commit.subject !== subjects.decisions(tenant)) continue;
      for (const { type, data } of decodeCommit(commit)) {
        const isDecision = type === 'policy.decided' && data.verdict === 'allow';
        if (isDecision && data.invocation === invocation) return data;
      }
    }
    throw new Error(`${tenant}/${invocation} ran but was never allowed`);
  }

  #publish(subject: string, fact: Fact, id: string): Promise<unknown> {
    return publish(this.#ledger, subject, [fact], id, this.#now());
  }
}
