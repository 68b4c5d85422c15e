/** One fact in one line, for people who watch. */
import { formatMicros, limitsOf, windowName } from '@writ/contracts';
import type { Amounts, BudgetLimit, RecordedFact } from '@writ/contracts';
import type { Colour, Paint } from './terminal.ts';

/** Longest text of a fact that is shown. */
const WIDTH = 120;

export function factLine(fact: RecordedFact, paint: Paint): string {
  const time = new Date(fact.at).toISOString().slice(11, 23);
  const { invocation = firstOf(fact) } = fact.data as { readonly invocation?: string };
  const type = paint(colourOf(fact), fact.type.padEnd(22));
  const text = summary(fact).replace(/\s+/g, ' ').trim().slice(0, WIDTH);
  return `${paint('grey', `${time} ${String(fact.seq).padStart(6)}`)} ${type} ${[invocation, text].filter(Boolean).join('  ')}`;
}

/** A request of several calls is told by the first of them. */
function firstOf(fact: RecordedFact): string {
  return fact.type === 'tool.requested' ? (fact.data.calls[0]?.invocation ?? '') : '';
}

function colourOf(fact: RecordedFact): Colour {
  switch (fact.type) {
    case 'policy.decided':
      return fact.data.verdict === 'deny' ? 'red' : fact.data.verdict === 'allow' ? 'green' : 'yellow';
    case 'approval.granted':
      return fact.data.breakGlass ? 'red' : 'green';
    case 'execution.completed':
    case 'schedule.resolved':
      return fact.data.outcome === 'succeeded' ? 'green' : 'red';
    case 'budget.refused':
    case 'schedule.refused':
    case 'request.rejected':
    case 'request.malformed':
    case 'approval.denied':
    case 'approval.revoked':
    case 'breaker.opened':
    case 'alert.raised':
    case 'contract.rejected':
      return 'red';
    case 'contract.accepted':
      return 'green';
    case 'approval.opened':
    case 'approval.expired':
    case 'approval.escalated':
    case 'standing.granted':
    case 'budget.alerted':
    case 'budget.escalated':
    case 'budget.adjusted':
    case 'executor.lost':
    case 'schedule.indeterminate':
    case 'execution.attempted':
    case 'execution.queried':
    case 'preemption.requested':
    case 'breaker.forced':
      return 'yellow';
    default:
      return 'cyan';
  }
}

function summary(fact: RecordedFact): string {
  switch (fact.type) {
    case 'tool.requested': {
      const tools = [...new Set(fact.data.calls.map(({ tool }) => tool))].join(', ');
      const more = fact.data.calls.length > 1 ? `${fact.data.calls.length} calls: ` : '';
      return `${more}${tools} for ${fact.origin}, ${fact.data.project}/${fact.data.campaign ?? ''}`;
    }
    case 'policy.decided': {
      const { verdict, tool, denial, rules } = fact.data;
      const matched = denial ? [denial.rule] : rules.map(({ policy }) => policy);
      return `${verdict} ${tool} ${matched.join(', ')}${denial ? `: ${denial.reason}` : ''}`;
    }
    case 'execution.completed': {
      const { outcome, usage, error, startedAtMs, endedAtMs, executor } = fact.data;
      const how = error ? `${error.code}: ${error.message}` : amounts(usage);
      return `${outcome} on ${executor} in ${Math.round(endedAtMs - startedAtMs)} ms ${how}`;
    }
    case 'budget.reserved':
      return fact.data.holds
        .map(({ account, unit, amount }) => `${decimal(amount)} ${unit} of ${account}`)
        .join(', ');
    case 'approval.opened':
      return `${fact.data.tool} needs ${fact.data.terms.quorum} for ${fact.data.policies.join(', ')}: writ approve ${fact.data.invocation}`;
    case 'approval.voted':
      return `${fact.origin} votes ${fact.data.vote} ${fact.data.reason ?? ''}`;
    case 'approval.granted':
      return grantedBy(fact.data);
    default:
      return otherSummary(fact);
  }
}

function grantedBy({ by, standing = [], breakGlass }: RecordedFact<'approval.granted'>['data']): string {
  const people = `by ${by.join(', ')}`;
  if (breakGlass) return `${people}, who broke the glass: ${breakGlass.reason}`;
  return standing.length > 0 ? `${people}, standing ${standing.join(', ')}` : people;
}

function otherSummary(fact: RecordedFact): string {
  switch (fact.type) {
    case 'tool.registered':
      return `${fact.data.tool.name} ${fact.data.tool.class ?? 'undeclared class'}`;
    case 'tool.retired':
      return fact.data.tool;
    case 'policy.published':
      return `${fact.data.policies.length} policies, ${fact.data.bundle.slice(0, 19)}`;
    case 'budget.defined':
      return `${fact.data.budget.account}: ${Object.entries(fact.data.budget.limits)
        .flatMap(([unit, given]) => limitsOf(given).map((limit) => limitText(unit, limit)))
        .join(', ')}`;
    case 'budget.escalated':
      return `over ${fact.data.over.map(({ account, unit }) => `${unit} of ${account}`).join(', ')}: ${fact.data.justification}`;
    case 'budget.adjusted':
      return fact.data.lines
        .map(({ account, unit, amount }) => `${decimal(amount)} ${unit} of ${account} beyond the hold`)
        .join(', ');
    case 'budget.alerted':
      return `${fact.data.account}: ${decimal(fact.data.used)} of ${decimal(fact.data.limit)} ${fact.data.unit}`;
    case 'budget.stated':
      return fact.data.limits
        .map(({ account, unit, used, limit }) => `${account}: ${decimal(used)} of ${decimal(limit)} ${unit}`)
        .join(', ');
    case 'approval.escalated':
      return `${fact.data.approvers.join(', ')} are asked too`;
    case 'approval.revoked':
      return fact.data.denial.reason;
    case 'approval.delegated':
      return `${fact.data.to} may vote for ${fact.origin} until ${new Date(fact.data.untilMs).toISOString()}`;
    case 'standing.granted':
      return `${fact.origin}: yes to ${fact.data.maxUses} of ${fact.data.tool} where ${fact.data.condition}`;
    case 'breaker.opened':
    case 'breaker.closed':
      return `${fact.data.scope}: ${fact.data.evidence.failures} of ${fact.data.evidence.calls} calls failed`;
    case 'breaker.forced':
      return `${fact.data.scope}: ${fact.data.mode}, ${fact.data.reason}`;
    case 'executor.lost':
      return `${fact.data.executor}: ${fact.data.reason}`;
    case 'contract.accepted': {
      const { run, node, attempt, routedTo } = fact.data;
      return `${run} ${node} ${attempt}${routedTo === undefined ? '' : ` -> ${routedTo}`}`;
    }
    case 'contract.rejected': {
      const { run, node, attempt, violations, next } = fact.data;
      return `${run} ${node} ${attempt}: ${violations.map(({ rule }) => rule).join(', ')}, ${next}`;
    }
    case 'run.opened':
    case 'run.refused':
      return fact.data.run;
    case 'run.completed':
      return `${fact.data.run} ${fact.data.status}`;
    default:
      return attemptSummary(fact);
  }
}

function attemptSummary(fact: RecordedFact): string {
  switch (fact.type) {
    case 'schedule.dispatched':
      return `on ${fact.data.executor}, attempt ${fact.data.attempt}${fact.data.query ? ': asks the tool' : ''}`;
    case 'execution.started':
    case 'execution.returned':
      return `on ${fact.data.executor}, attempt ${fact.data.attempt}`;
    case 'execution.attempted': {
      const { attempt, executor, cause, error, waitMs } = fact.data;
      return `attempt ${attempt} ${cause} on ${executor}, again in ${waitMs} ms: ${error?.code ?? ''} ${error?.message ?? ''}`;
    }
    case 'execution.queried':
      return `attempt ${fact.data.attempt}: ${fact.data.answer} ${fact.data.detail ?? ''}`;
    case 'schedule.indeterminate':
      return `attempt ${fact.data.attempt} was lost on ${fact.data.executor}`;
    case 'invocation.resolved':
      return `${fact.origin} says ${fact.data.outcome} ${fact.data.reason ?? ''}`;
    case 'schedule.resolved': {
      const { outcome, by, reason = '', used } = fact.data;
      return `${outcome}, says ${by} ${reason} (${used ? amounts(used) : 'charged at its ceiling'})`;
    }
    default: {
      // The rest is told by whatever says it in words.
      const { detail, reason, by, scope, account } = fact.data as Readonly<Record<string, unknown>>;
      return [scope, account, by, detail ?? reason].filter((part) => typeof part === 'string').join(' ');
    }
  }
}

/** `100 usd in month Europe/Berlin`, `20 calls for dock`. */
function limitText(unit: string, limit: BudgetLimit): string {
  const window = windowName(limit);
  const tool = limit.tool === undefined ? '' : ` for ${limit.tool}`;
  return `${limit.hard} ${unit}${tool}${window && ` in ${window}`}`;
}

/** `1.5 node-hours, 3 usd`. */
export function amounts(all: Amounts): string {
  return Object.entries(all)
    .map(([unit, micros]) => `${decimal(micros)} ${unit}`)
    .join(', ');
}

/** Micro-units as decimal text of whole units. */
export function decimal(micros: string): string {
  return formatMicros(BigInt(micros));
}
