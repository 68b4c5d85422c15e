/** The command line. */
import { Command } from 'commander';

export interface Options {
  /** Approve everything as the approver of `.writ/connection.json`. */
  readonly yes: boolean;
  /** Print one JSON document instead of tables. */
  readonly json: boolean;
  /** Where the campaign report goes. */
  readonly report: string;
  /** Where the outcomes go, for a comparison of two runs; nowhere by default. */
  readonly outcomes?: string;
}

export function readOptions(argv: readonly string[]): Options {
  return new Command('screening')
    .description('Screens approved drugs through the tools of tenant lab, under its policies and budgets.')
    .option('--yes', 'approve what needs approval, with the credentials of .writ/connection.json', false)
    .option('--json', 'print one JSON document', false)
    .option('--report <file>', 'campaign report', 'campaign-report.json')
    .option('--outcomes <file>', 'write what every call came to, without times and ids')
    .parse(argv, { from: 'user' })
    .opts<Options>();
}
