/**
 * Backtest: the ledger's recorded requests decided again under a candidate of 100 rules, from stored bytes to the report.
 * Half of what is measured is reading: parsing commits, checking requests, digests of their inputs.
 */
import { decodeCommit, encodeCommit } from '@writ/contracts';
import type { StoredCommit } from '@writ/contracts';
import { Backtest, Trial } from '@writ/policy';
import type { AskedCall } from '@writ/policy';
import { threadMilliseconds } from './thread-time.ts';
import { ENVIRONMENT, callsOf, policiesOf, rulesOf, tools } from './rules.ts';

const REQUESTS = 20_000;
const ROUNDS = 3;
const AT = 1_760_000_000_000;

/** Decisions a second, the best of some rounds. */
export function measureBacktest(): number {
  const before = new Trial({ tools, policies: policiesOf(rulesOf(20)), environment: ENVIRONMENT });
  const commits = callsOf(REQUESTS).flatMap((call, index) => recorded(before, call, index));
  const candidate = { tools, policies: policiesOf(rulesOf(100)), environment: ENVIRONMENT };
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const test = new Backtest(candidate, 0);
    const start = threadMilliseconds();
    for (const commit of commits) for (const fact of decodeCommit(commit)) test.fold(fact);
    const { decisions } = test.report();
    best = Math.max(best, (decisions * 1_000) / (threadMilliseconds() - start));
  }
  return best;
}

function recorded(before: Trial, call: AskedCall, index: number): StoredCommit[] {
  const { invocation, tool, inputs, agent, request } = call;
  const data = { ...request, calls: [{ invocation, tool, inputs }] };
  return [
    commitOf(`writ.lab.requests.${agent}`, 'tool.requested', data, index * 2 + 1),
    commitOf('writ.lab.decisions', 'policy.decided', before.decide(call, AT).decided, index * 2 + 2),
  ];
}

function commitOf(subject: string, type: string, data: unknown, seq: number): StoredCommit {
  const event = { specversion: '1.0' as const, id: `e-${seq}`, source: 'bench', type, data };
  return { seq, subject, at: AT + seq, data: encodeCommit([event]) };
}
