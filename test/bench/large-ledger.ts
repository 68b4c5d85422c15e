/**
 * A ledger of any length that nobody has to keep: each commit is made when it is asked for, always the same for the same
 * sequence. Calls come in steps of 100, each step in five commits as the suite writes them, spread evenly over a year.
 */
import { createHash } from 'node:crypto';
import { cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { AgentId, ExecutorId, Fact, TenantId } from '@writ/contracts';
import type { Append, AppendResult, Fold, Ledger, LedgerCommit } from '@writ/ledger';

export const TENANT = 'large' as TenantId;
const STEP = 100;
const COMMITS = 5;
const START = Date.UTC(2025, 0, 1);
const YEAR_MS = 365 * 86_400_000;
const EXECUTORS = 40;

/** How many different names there are of each kind; the first are the commonest. */
const AGENTS = 200;
const TOOLS = 300;
const PROJECTS = 20;
const STEPS_PER_CAMPAIGN = 25;
const WORDS = 20_000;

/** What one call of the ledger is: everything about it follows from its number. */
export interface LargeCall {
  readonly invocation: string;
  readonly agent: AgentId;
  readonly tool: string;
  readonly project: string;
  readonly campaign: string;
  readonly stage: 'succeeded' | 'failed' | 'denied';
  readonly argsDigest: string;
  readonly words: string;
  readonly at: number;
}

export class LargeLedger implements Ledger {
  readonly calls: number;
  readonly #steps: number;
  /** The calls of the step that was made last: the next commit is nearly always about the same ones. */
  #made: { readonly step: number; readonly calls: readonly LargeCall[] } = { step: -1, calls: [] };

  /** `calls` is rounded up to whole steps. */
  constructor(calls: number) {
    this.#steps = Math.ceil(calls / STEP);
    this.calls = this.#steps * STEP;
  }

  call(number: number): LargeCall {
    const step = Math.floor(number / STEP);
    const argsDigest = `sha256:${createHash('sha256').update(`arguments ${number}`).digest('hex')}`;
    const [first, second, third, fourth] = [0, 8, 16, 24].map((at) =>
      Number.parseInt(argsDigest.slice(7 + at, 15 + at), 16),
    ) as [number, number, number, number];
    return {
      invocation: `call-${String(number).padStart(9, '0')}`,
      agent: `agent-${skewed(step * 7_919, AGENTS)}` as AgentId,
      tool: `tool-${skewed(first, TOOLS)}`,
      project: `project-${step % PROJECTS}`,
      campaign: `campaign-${Math.floor(step / STEPS_PER_CAMPAIGN)}`,
      stage: second % 50 === 0 ? 'denied' : second % 20 === 1 ? 'failed' : 'succeeded',
      argsDigest,
      words: `ligand${number} pose w${skewed(third, WORDS)} w${skewed(fourth, WORDS)}`,
      at: START + Math.floor((step * YEAR_MS) / this.#steps),
    };
  }

  lastSequence(): Promise<number> {
    return Promise.resolve(this.#steps * COMMITS);
  }

  burst(from: number, maxBytes: number): Promise<readonly LedgerCommit[]> {
    const commits: LedgerCommit[] = [];
    let bytes = 0;
    for (let seq = Math.max(from, 1); seq <= this.#steps * COMMITS && bytes < maxBytes; seq++) {
      const commit = this.#commit(seq);
      bytes += commit.data.length;
      if (bytes > maxBytes && commits.length > 0) break;
      commits.push(commit);
    }
    return Promise.resolve(commits);
  }

  #commit(seq: number): LedgerCommit {
    const step = Math.floor((seq - 1) / COMMITS);
    if (this.#made.step !== step)
      this.#made = { step, calls: Array.from({ length: STEP }, (_, nth) => this.call(step * STEP + nth)) };
    const { calls } = this.#made;
    const [{ at }] = calls as [LargeCall];
    const { subject, facts } = SAID[(seq - 1) % COMMITS]!(calls);
    const events = facts.map((fact, index) => cloudEvent(fact as Fact, `${seq}.${index}`, 'bench', at));
    return { seq, at, subject, data: encodeCommit(events), id: undefined, header: () => undefined };
  }

  append(_request: Append): Promise<AppendResult> {
    return Promise.resolve({ status: 'conflict' });
  }
  tail(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
  /** Single subjects are asked for: a catalog, or what an executor said of itself. There is none. */
  async *read(): AsyncIterable<LedgerCommit> {}
  fold(): Promise<Fold> {
    return Promise.resolve({ stop: () => Promise.resolve() });
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

interface Said {
  readonly subject: string;
  readonly facts: readonly { readonly type: string; readonly tenant: TenantId; readonly data: object }[];
}

const BUNDLE = `sha256:${'0'.repeat(64)}`;

/** What is said about a step, commit by commit. */
const SAID: readonly ((calls: readonly LargeCall[]) => Said)[] = [
  (calls) => {
    const [{ agent, project, campaign }] = calls as [LargeCall];
    const asked = calls.map(({ invocation, tool, words }) => ({
      invocation,
      tool,
      inputs: { text: words, repeat: 0 },
    }));
    const data = { project, campaign, calls: asked };
    return {
      subject: subjects.requests(TENANT, agent),
      facts: [{ type: 'tool.requested', tenant: TENANT, data }],
    };
  },
  (calls) =>
    said(
      subjects.decisions(TENANT),
      'policy.decided',
      calls,
      ({ agent, tool, project, campaign, ...call }) => {
        const denied = call.stage === 'denied';
        const denial = { class: 'permission', rule: 'not-here', reason: `nobody may use ${tool} today` };
        const why = {
          rules: [],
          bundle: BUNDLE,
          catalogRevision: 1,
          ceiling: {},
          ...(denied ? { denial } : {}),
        };
        const { argsDigest } = call;
        return { verdict: denied ? 'deny' : 'allow', agent, tool, project, campaign, argsDigest, ...why };
      },
    ),
  (calls) =>
    said(subjects.budget(TENANT), 'budget.reserved', calls.filter(isRun), ({ project, campaign }) => ({
      holds: [project, `${project}/${campaign}`].map((account) => ({
        account,
        unit: 'usd',
        amount: '5000000',
      })),
    })),
  (calls) =>
    said(subjects.schedule(TENANT), 'schedule.dispatched', calls.filter(isRun), (call) => ({
      attempt: 1,
      ...runOf(call),
    })),
  (calls) => {
    const ran = calls.filter(isRun);
    const executor = executorOf(calls[0]!);
    return said(
      subjects.executions(TENANT, executor),
      'execution.completed',
      ran,
      ({ agent, stage, ...call }) => {
        const error = { code: 'exit-1', message: `${call.tool} ended with code 1` };
        const span = { startedAtMs: call.at + 20, endedAtMs: call.at + 1_020 };
        const end = stage === 'failed' ? { error } : { output: { score: 0.5, ref: call.invocation } };
        return {
          attempt: 1,
          agent,
          ...runOf(call),
          outcome: stage,
          ...end,
          usage: { usd: '1250000' },
          ...span,
        };
      },
    );
  },
];

function said(
  subject: string,
  type: string,
  calls: readonly LargeCall[],
  more: (call: LargeCall) => object,
): Said {
  const facts = calls.map((call) => ({
    type,
    tenant: TENANT,
    data: { invocation: call.invocation, ...more(call) },
  }));
  return { subject, facts };
}

function isRun({ stage }: LargeCall): boolean {
  return stage !== 'denied';
}

function runOf(call: Pick<LargeCall, 'campaign' | 'argsDigest'>): object {
  return { executor: executorOf(call), session: 'life-1', argsDigest: call.argsDigest };
}

function executorOf({ campaign }: Pick<LargeCall, 'campaign'>): ExecutorId {
  return `exec-${Number(campaign.slice('campaign-'.length)) % EXECUTORS}` as ExecutorId;
}

/** From 0 to `count`, small numbers far more often, as names are used: about as many from 1 to 2 as from 100 to 200. */
function skewed(random: number, count: number): number {
  const share = ((random * 2_654_435_761) % 2 ** 32) / 2 ** 32;
  return Math.floor(count ** share) - 1;
}
