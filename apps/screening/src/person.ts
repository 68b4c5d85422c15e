/** The person at the desk: says yes to everything beforehand, is asked on the terminal, or is not there. */
import { createInterface } from 'node:readline/promises';
import { formatMicros } from '@writ/contracts';
import { Answer } from './approvals.ts';
import type { Ask, OpenApproval } from './approvals.ts';
import type { Progress } from './progress.ts';

/** `approver` is the name that a yes is recorded under; undefined when this machine has no credential to vote with. */
export function person(yes: boolean, approver: string | undefined, progress: Progress): Ask {
  if (approver === undefined) return async (approval, subject) => left(progress, approval, subject);
  if (yes) {
    return async (approval, subject) => {
      progress.say(`  ${approver} approves ${sentence(approval, subject)}`);
      return Answer.approve;
    };
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    return async (approval, subject) => left(progress, approval, subject);
  }
  return async (approval, subject) => question(progress, approval, subject);
}

async function question(progress: Progress, approval: OpenApproval, subject: string): Promise<Answer> {
  const resume = progress.pause();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const said = await terminal.question(`  ${sentence(approval, subject)}\n  approve? [y/N] `);
    return /^y(es)?$/i.test(said.trim()) ? Answer.approve : Answer.deny;
  } finally {
    terminal.close();
    resume();
  }
}

function left(progress: Progress, approval: OpenApproval, subject: string): Answer {
  progress.say(`  nobody is here to approve ${sentence(approval, subject)}; withdrawn`);
  return Answer.withdraw;
}

function sentence({ tool, ceiling, policies }: OpenApproval, subject: string): string {
  const amounts = Object.entries(ceiling).map(([unit, micros]) => `${formatMicros(BigInt(micros))} ${unit}`);
  return `${tool} of ${subject}: ${amounts.join(', ')} (${policies.join(', ')})`;
}
