/**
 * What an author should know about a bundle that has no mistakes: rules that can never match, that never decide because
 * a stronger one always matches with them, or that say the opposite of another. Only what is sure is told.
 */
import { PolicyAction, PolicyMode } from '@writ/contracts';
import type { PolicyRule, ToolSpec } from '@writ/contracts';
import { compileCondition } from '@writ/expressions';
import type { Bindings, Conjunct } from '@writ/expressions';
import { RegisteredTool } from '../registered-tool.ts';
import { contradictory, imply } from './implication.ts';

export interface PolicyFinding {
  readonly kind: 'unreachable' | 'shadowed' | 'contradiction' | 'duplicate';
  readonly policy: string;
  /** The rule that it is about besides. */
  readonly other?: string;
  readonly message: string;
}

interface Known {
  readonly rule: PolicyRule;
  readonly conjuncts: readonly Conjunct[];
}

/** Actions that decide whenever their rule matches, by strength; a justification or limit may have nothing against a call. */
const ALWAYS_DECIDES: readonly PolicyAction[] = [PolicyAction.deny, PolicyAction.requireApproval];

const STRENGTH: Readonly<Record<PolicyAction, number>> = {
  [PolicyAction.deny]: 5,
  [PolicyAction.requireApproval]: 4,
  [PolicyAction.requireJustification]: 3,
  [PolicyAction.limit]: 2,
  [PolicyAction.allow]: 1,
  [PolicyAction.notify]: 0,
};

/** Findings over checked rules, in their order; without `tools`, nothing is said about which tools a rule can match. */
export function analysePolicies(
  rules: readonly PolicyRule[],
  tools: readonly ToolSpec[] = [],
): readonly PolicyFinding[] {
  const known = rules.map((rule) => ({ rule, conjuncts: compileCondition(rule.condition).conjuncts }));
  const registered = tools.map((spec) => new RegisteredTool(spec));
  const enforced = known.filter(({ rule }) => rule.mode === PolicyMode.enforce);
  return known.flatMap((one) => {
    const dead = unreachable(one, registered);
    if (dead) return [dead];
    if (one.rule.mode !== PolicyMode.enforce || one.rule.action === PolicyAction.notify) return [];
    const others = enforced.filter((other) => other !== one);
    const finding = others.map((other) => against(one, other)).find((found) => found !== undefined);
    return finding ? [finding] : [];
  });
}

function unreachable(
  { rule, conjuncts }: Known,
  tools: readonly RegisteredTool[],
): PolicyFinding | undefined {
  const found = (message: string): PolicyFinding => ({ kind: 'unreachable', policy: rule.name, message });
  const never = conjuncts.find(({ text }) => text === 'false');
  if (never) return found('its condition is false for every call');
  const pair = contradictory(conjuncts);
  if (pair) return found(`no call can have both ${pair[0].text} and ${pair[1].text}`);
  const aboutTool = conjuncts.filter(({ references }) =>
    [...references].every((path) => /^tool\.(name|class|effects|destructive|labels)\b/.test(path)),
  );
  if (tools.length === 0 || aboutTool.length === 0) return undefined;
  if (tools.some((tool) => aboutTool.every((part) => mayHold(part, tool)))) return undefined;
  return found(`no registered tool has ${aboutTool.map(({ text }) => text).join(' AND ')}`);
}

/** Only the tool's own traits are looked at. */
function mayHold(part: Conjunct, tool: RegisteredTool): boolean {
  try {
    return part.evaluate({ tool: tool.bindings({ cost: 0n, price: 0n }) } as unknown as Bindings) !== false;
  } catch {
    return true;
  }
}

/** What `other` does to `one`. */
function against(one: Known, other: Known): PolicyFinding | undefined {
  const within = other.conjuncts.every((part) => imply(one.conjuncts, part));
  if (!within) return undefined;
  const [policy, name] = [one.rule.name, other.rule.name];
  const same = one.conjuncts.every((part) => imply(other.conjuncts, part));
  const actions = [one.rule.action, other.rule.action];
  if (same && actions.includes(PolicyAction.allow) && actions.includes(PolicyAction.deny)) {
    return one.rule.action === PolicyAction.allow
      ? {
          kind: 'contradiction',
          policy,
          other: name,
          message: `allows exactly what "${name}" denies; the denial wins`,
        }
      : undefined;
  }
  if (one.rule.action === other.rule.action) {
    const restated = same ? policy > name : isPlain(one.rule) && isPlain(other.rule);
    if (!restated || (same && JSON.stringify(details(one.rule)) !== JSON.stringify(details(other.rule))))
      return undefined;
    return {
      kind: 'duplicate',
      policy,
      other: name,
      message: `every call that it matches is matched by "${name}" with the same action`,
    };
  }
  if (!ALWAYS_DECIDES.includes(other.rule.action) || STRENGTH[other.rule.action] <= STRENGTH[one.rule.action])
    return undefined;
  const what = other.rule.action === PolicyAction.deny ? 'denied' : 'sent to people';
  return {
    kind: 'shadowed',
    policy,
    other: name,
    message: `never decides: every call that it matches is ${what} by "${name}"`,
  };
}

function isPlain({ action }: PolicyRule): boolean {
  return action === PolicyAction.allow || action === PolicyAction.deny;
}

function details({ approval, limit, notify }: PolicyRule): readonly unknown[] {
  return [approval ?? null, limit ?? null, notify ?? null];
}
