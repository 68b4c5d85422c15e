/** `writ policy explain`: one call under every rule, as a tree of operands with their values. */
import { existsSync } from 'node:fs';
import type { Catalog } from '@writ/catalog';
import type { AskedCall, Decision, ExplainedRule, Trial } from '@writ/policy';
import type { Paint } from '../terminal.ts';
import { trialOf } from './recorded.ts';
import { asked, readWritten, writtenCall } from './written-call.ts';

export interface Explanation {
  readonly call: AskedCall;
  readonly decision: Decision;
  readonly rules: readonly ExplainedRule[];
}

type Part = ExplainedRule['tree'];

/** Whether the argument names a file with a request, and no recorded call. */
export function isRequestFile(target: string): boolean {
  return /\.(ya?ml|json)$/.test(target) || existsSync(target);
}

export async function explainFile(path: string, catalog: Catalog, now: number): Promise<Explanation> {
  const written = await readWritten(path, writtenCall);
  const at = written.time === undefined ? now : Date.parse(written.time);
  return explainCall(trialOf(catalog, []), asked('request', written), at);
}

export function explainCall(trial: Trial, call: AskedCall, at: number): Explanation {
  return { call, decision: trial.decide(call, at), rules: trial.explain(call, at) };
}

export function explanationText({ call, decision, rules }: Explanation, paint: Paint): string {
  const { decided, invalid } = decision;
  const head = `${call.tool} for ${call.agent} in ${call.request.project}: `;
  const verdict = decided
    ? paint(decided.verdict === 'allow' ? 'green' : 'red', decided.verdict)
    : `${paint('red', 'rejected')}: ${invalid}`;
  const denial = decided?.denial;
  const why = denial
    ? [
        `  ${denial.rule} (${denial.class}): ${denial.reason}`,
        ...(denial.remedy ? [`  remedy: ${denial.remedy}`] : []),
      ]
    : [];
  const shown = [...rules].sort((a, b) => rank(a) - rank(b));
  return [head + verdict, ...why, '', ...shown.flatMap((rule) => ruleLines(rule, paint))]
    .join('\n')
    .trimEnd();
}

/** What matched first, then what failed, then the rest. */
function rank({ outcome }: ExplainedRule): number {
  return ['matched', 'error', 'not matched'].indexOf(outcome);
}

function ruleLines({ rule, outcome, tree }: ExplainedRule, paint: Paint): string[] {
  const mark = {
    matched: paint('green', '✓'),
    error: paint('yellow', '!'),
    'not matched': paint('grey', '·'),
  }[outcome];
  const shadow = rule.mode === 'shadow' ? ' (shadow)' : '';
  return [
    `${mark} ${rule.name}: ${rule.action}${shadow}, ${outcome}`,
    ...partLines(tree, '  ', '  ', paint),
    '',
  ];
}

function partLines(part: Part, first: string, rest: string, paint: Paint): string[] {
  const value =
    part.error === undefined
      ? paint(part.value === 'true' ? 'green' : 'grey', part.value ?? '')
      : paint('yellow', `failed: ${part.error}`);
  const below = part.parts.flatMap((inner, index) => {
    const last = index === part.parts.length - 1;
    return partLines(inner, `${rest}${last ? '└─ ' : '├─ '}`, `${rest}${last ? '   ' : '│  '}`, paint);
  });
  return [`${first}${oneLine(part.text)} ${paint('grey', '=')} ${value}`, ...below];
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
