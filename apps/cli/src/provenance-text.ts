/** One call's provenance for people: who, what, when, why, where and at what cost, a line each. */
import type { InvocationProvenance } from '@writ/provenance';
import type { LedTo } from './lineage/gather.ts';
import { colourOf } from './listing.ts';
import type { Paint } from './terminal.ts';

type Line = readonly [name: string, text: string | null];

export function provenanceText(told: InvocationProvenance, ledTo: LedTo, paint: Paint): string {
  const { what, when, why, where } = told;
  const lines: readonly Line[] = [
    ['invocation', `${told.invocation}  ${paint(colourOf(told.stage), told.stage)}`],
    ...whoLines(told.who),
    ['led to', joined([...ledTo.calls, ledTo.whole ? '' : 'perhaps more: see writ lineage'], ', ')],
    [
      'what',
      joined([what.tool, what.version && `version ${what.version}`, what.class, what.argsDigest], '  '),
    ],
    ['inputs', what.inputs && JSON.stringify(what.inputs)],
    ['output', what.output === null ? (what.outputDigest ?? null) : JSON.stringify(what.output)],
    ['error', what.error && `${what.error.code}: ${what.error.message}`],
    ['when', timesText(when)],
    ['took', durationsText(when)],
    ['why', why.decisions.map(decisionText).join('; ')],
    ['denied', why.denial && `${why.denial.rule}: ${why.denial.reason}${remedyText(why.denial.remedy)}`],
    ['ended', why.ended && joined([why.ended.reason, why.ended.detail], ': ')],
    ['approval', why.approval && approvalText(why.approval)],
    ['where', whereText(where)],
    ['cost', costText(told.cost)],
    [
      'ledger',
      Object.entries(told.ledger)
        .map(([fact, seq]) => `${fact} ${String(seq)}`)
        .join(', '),
    ],
  ];
  return lines
    .filter(([, text]) => text)
    .map(([name, text]) => `${paint('grey', name.padEnd(12))}${text}`)
    .join('\n');
}

function whoLines(who: InvocationProvenance['who']): readonly Line[] {
  const { agent, owner, onBehalfOf, project, campaign, justification, node, causedBy } = who;
  return [
    [
      'who',
      joined([agent, owner && `of ${owner}`, onBehalfOf && `for ${onBehalfOf}`, project, campaign], ', '),
    ],
    ['because', justification],
    ['node', node && `${node.node} of run ${node.run}, attempt ${node.attempt}`],
    ['caused by', joined(causedBy, ', ')],
  ];
}

function timesText(when: InvocationProvenance['when']): string {
  const { requested, decided, reserved, dispatched, started, ended } = when;
  const times = { asked: requested, decided, held: reserved, dispatched, started, ended };
  const said = Object.entries(times).flatMap(([name, time]) =>
    time === null ? [] : [`${name} ${name === 'asked' ? time : time.slice(11)}`],
  );
  return said.join(', ');
}

function durationsText(when: InvocationProvenance['when']): string {
  const spans = [
    ['deciding', when.decidingMs],
    ['holding', when.holdingMs],
    ['approval', when.approvalMs],
    ['queued', when.queuedMs],
    ['starting', when.startingMs],
    ['ran', when.ranMs],
    ['in all', when.totalMs],
  ] as const;
  return spans.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${Math.round(ms)} ms`])).join(', ');
}

function decisionText(decision: InvocationProvenance['why']['decisions'][number]): string {
  const rules = decision.rules.map(({ policy, because }) => (because ? `${policy} (${because})` : policy));
  const under = `bundle ${decision.bundle.slice(0, 19)}, catalog ${decision.catalogRevision}`;
  const grants = decision.standing.map((grant) => `by standing grant ${grant}`);
  return `${joined([decision.verdict, ...rules, ...grants], ', ')} [${under}]`;
}

function remedyText(remedy: string | null): string {
  return remedy === null ? '' : `; ${remedy}`;
}

function approvalText(approval: NonNullable<InvocationProvenance['why']['approval']>): string {
  const { result, votes, inNameOf, standing, skipped } = approval;
  const said = votes.map(({ person, vote, reason }) => {
    const whose = inNameOf[person];
    return `${person}${whose ? ` for ${whose}` : ''}: ${vote}${reason ? ` (${reason})` : ''}`;
  });
  const grants = standing.map((grant) => `by standing grant ${grant}`);
  const broken = skipped.length > 0 ? [`glass broken, not heard: ${skipped.join(', ')}`] : [];
  return [result, ...said, ...grants, ...broken].join(', ');
}

function whereText({ executor, pool, node, attempts }: InvocationProvenance['where']): string | null {
  if (executor === null) return null;
  const tries = attempts.length === 1 ? '1 attempt' : `${attempts.length} attempts`;
  return joined([executor, pool && `pool ${pool}`, node && `on ${node}`, tries], ', ');
}

function costText({ settled, used }: InvocationProvenance['cost']): string {
  const lines = settled.map(
    ({ account, unit, held, charged }) => `${charged} of ${held} ${unit} from ${account}`,
  );
  const measured = Object.entries(used ?? {}).map(([unit, amount]) => `${amount} ${unit}`);
  return lines.length > 0
    ? joined([...lines, ...measured.map((one) => `used ${one}`)], ', ')
    : joined(measured, ', ');
}

function joined(parts: readonly (string | null | undefined)[], separator: string): string {
  return parts.filter(Boolean).join(separator);
}
