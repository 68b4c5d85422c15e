/**
 * The desk of the person behind the campaign: sees the approvals that wait, answers each once with the person's own
 * credential, never with the agent's. Notices can be lost, so it asks the policy service again and again while calls
 * are under way; a service that is down is asked later.
 */
import { EVENT_SCHEMAS, encodeEvent, subjects } from '@writ/contracts';
import type { TenantId } from '@writ/contracts';
import type { Transport } from '@writ/sdk';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const openApproval = EVENT_SCHEMAS['approval.opened'];
export type OpenApproval = z.infer<typeof openApproval>;
const approvalsReply = z.object({ approvals: z.array(openApproval) });

export const Answer = { approve: 'approve', deny: 'deny', withdraw: 'withdraw' } as const;
export type Answer = (typeof Answer)[keyof typeof Answer];

/** A call that may come to the desk. */
export interface PendingCall {
  /** What it is about, for the person. */
  readonly subject: string;
  /** Takes the call back: nobody is there to answer. */
  withdraw(): void;
}

/** Who votes; a desk without a person can only withdraw calls. */
export interface Voter {
  readonly tenant: TenantId;
  readonly approver: string;
  readonly transport: Transport;
}

/** Asks the person. */
export type Ask = (approval: OpenApproval, subject: string) => Promise<Answer>;

const LOOK_EVERY_MS = 250;
/** Pause before a vote that the ledger did not confirm is sent again; a repeated vote counts once. */
const REPEAT_MS = 500;

export class ApprovalDesk {
  readonly #voter: Voter;
  readonly #ask: Ask;
  readonly #answered = new Set<string>();

  constructor(voter: Voter, ask: Ask) {
    this.#voter = voter;
    this.#ask = ask;
  }

  /** Attends to the approvals of `calls` until `work` has ended. */
  async during<T>(calls: ReadonlyMap<string, PendingCall>, work: Promise<T>): Promise<T> {
    const ended = new AbortController();
    const over = work.finally(() => ended.abort());
    const attending = async (): Promise<void> => {
      while (!ended.signal.aborted) {
        for (const approval of await this.#open()) {
          const call = calls.get(approval.invocation);
          if (call && !this.#answered.has(approval.invocation)) await this.#answer(approval, call);
        }
        await Promise.race([over, delay(LOOK_EVERY_MS)]);
      }
    };
    const [result] = await Promise.all([over, attending()]);
    return result;
  }

  async #open(): Promise<readonly OpenApproval[]> {
    const { transport, tenant } = this.#voter;
    const reply = await transport
      .query(subjects.api(tenant, 'policy', 'approvals'), {})
      .catch(() => undefined);
    const parsed = approvalsReply.safeParse(reply);
    return parsed.success ? parsed.data.approvals : [];
  }

  async #answer(approval: OpenApproval, call: PendingCall): Promise<void> {
    const answer = await this.#ask(approval, call.subject);
    this.#answered.add(approval.invocation);
    if (answer === Answer.withdraw) call.withdraw();
    else await this.#vote(approval, answer);
  }

  /** Over exactly the arguments that the person saw. */
  async #vote({ invocation, argsDigest }: OpenApproval, vote: 'approve' | 'deny'): Promise<void> {
    const { tenant, approver, transport } = this.#voter;
    const id = `vote-${invocation}`;
    const event = encodeEvent(
      { type: 'approval.voted', tenant, data: { invocation, argsDigest, vote } },
      id,
      `writ/approver/${approver}`,
      new Date().toISOString(),
    );
    const commit = { subject: subjects.approvals(tenant, approver), data: Buffer.from(`[${event}]`), id };
    while ((await transport.append(commit)).status !== 'committed') await delay(REPEAT_MS);
  }
}
