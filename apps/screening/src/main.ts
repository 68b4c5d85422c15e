/**
 * An agent that screens approved drugs under governance. Exit code 0: every call ended as the campaign is designed to
 * end, denials and refusals included; 1: something else happened, which is said; 2: the campaign could not run.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { WritError, messageOf } from '@writ/contracts';
import type { CampaignReport } from '@writ/provenance';
import { Agent, Indeterminates } from './agent.ts';
import { ApprovalDesk } from './approvals.ts';
import { screen } from './campaign.ts';
import { connectAgent, connectVoter, patiently } from './connect.ts';
import { governed } from './governed.ts';
import { Journal } from './journal.ts';
import { readLibrary } from './library.ts';
import { readOptions } from './options.ts';
import type { Options } from './options.ts';
import { deviations, outcomesOf } from './outcomes.ts';
import { person } from './person.ts';
import { progressOn } from './progress.ts';
import { governedLines, governedTable, rankingTable } from './tables.ts';

const POLICIES = ['limit-expensive-simulations', 'no-destructive-ops-in-production'];

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof WritError ? error.message : messageOf(error));
  process.exitCode = 2;
}

async function main(options: Options): Promise<number> {
  const began = new Date();
  const progress = progressOn(options.json ? process.stderr : process.stdout);
  const library = readLibrary();
  const journal = new Journal();
  const indeterminate = new Indeterminates();
  const voter = await connectVoter();
  const executor = await connectAgent({
    policies: POLICIES,
    scheduler: 'fair-share',
    project: 'drug-discovery',
    auditLog: `screening-${began.toISOString().replace(/\D/g, '').slice(0, 14)}`,
    onNotice: (fact) => indeterminate.notice(fact),
  });
  try {
    const { agent: name, tenant } = executor.settings;
    progress.say(`Screening ${library.length} molecules as agent ${name} of tenant ${tenant}`);
    const desk = new ApprovalDesk(voter, person(options.yes, voter.person, progress));
    const agent = new Agent(executor, desk, indeterminate, { journal, progress });
    const ranking = await screen(agent, library);
    await patiently(async () => executor.exportProvenance(options.report));
    const report = JSON.parse(await readFile(options.report, 'utf8')) as CampaignReport;
    const found = governed(journal.entries, report);
    const outcomes = outcomesOf(journal.entries, ranking, found);
    const wrong = deviations(journal.entries);
    if (options.outcomes !== undefined)
      await writeFile(options.outcomes, `${JSON.stringify(outcomes, undefined, 2)}\n`);
    const seconds = (Date.now() - began.getTime()) / 1_000;
    if (options.json) {
      const document = {
        asDesigned: wrong.length === 0,
        deviations: wrong,
        seconds,
        governed: found,
        outcomes,
      };
      console.log(JSON.stringify({ ...document, report: options.report }, undefined, 2));
    } else {
      console.log(`\nBest molecules\n${rankingTable(ranking, journal.entries)}`);
      console.log(`\nWhat was governed\n${governedTable(found)}\n${governedLines(found).join('\n')}`);
      console.log(
        `\n${options.report} has every call with its decisions, people and costs (${seconds.toFixed(1)} s)`,
      );
      for (const sentence of wrong) console.error(`not as designed: ${sentence}`);
    }
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([executor.close(), voter.transport.close()]);
  }
}
