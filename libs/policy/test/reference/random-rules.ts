/** Random conditions, rules and calls from one seed: what the differential test puts to both evaluators. */
import type { PolicyRule } from '@writ/contracts';
import { rule } from '../scenario.ts';
import { written } from './syntax.ts';
import type { Condition, Sign, Term } from './syntax.ts';

export interface Dice {
  /** A whole number from 0 up to `below`. */
  roll(below: number): number;
  pick<T>(items: readonly T[]): T;
}

/** mulberry32: small, and the same everywhere. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const roll = (below: number): number => Math.floor(next() * below);
  return { roll, pick: (items) => items[roll(items.length)] as (typeof items)[number] };
}

export interface RandomRule {
  readonly rule: PolicyRule;
  readonly condition: Condition;
}

const SIGNS: readonly Sign[] = ['==', '!=', '<', '<=', '>', '>='];
const NUMBERS = ['args.n', 'args.m'];
const COUNTS = ['history.agent.hour.denied', 'history.tool.minute.asked', 'history.agent_tool.day.allowed'];
const TEXTS = ['tool.name', 'agent.name', 'request.project', 'request.campaign', 'tool.labels.team'];
const WORDS = ['a', 'ab', 'b', '', 'read', 'run', 'wipe', 'ada', 'bob', 'lab', 'red'];
const FLAGS = ['args.flag', 'env.production', 'tool.destructive', 'args.n', 'env.level'];
const PRESENT = ['args.n', 'args.s', 'env.level', 'request.campaign', 'tool.labels.team'];
const ACTIONS = ['allow', 'allow', 'deny', 'require-approval', 'require-justification', 'limit', 'notify'];

export function randomRules(random: Dice): readonly RandomRule[] {
  return Array.from({ length: 1 + random.roll(5) }, (_, index) => {
    const condition = randomCondition(random, 3);
    const action = random.pick(ACTIONS);
    const limit = {
      calls: 1 + random.roll(3),
      per: random.pick(['agent', 'tool', 'project', 'agent-tool']),
      windowSeconds: 60,
    };
    const details = {
      ...(action === 'limit' ? { limit } : {}),
      ...(action === 'notify' ? { notify: { groups: [random.pick(['pi', 'ops'])] } } : {}),
      mode: random.roll(5) === 0 ? 'shadow' : 'enforce',
    };
    return {
      condition,
      rule: rule(`rule-${index}`, action, written(condition, random.roll(2) === 0), details),
    };
  });
}

export function randomCondition(random: Dice, depth: number): Condition {
  const inner = (): Condition => randomCondition(random, depth - 1);
  switch (depth === 0 ? 6 + random.roll(10) : random.roll(16)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'and', left: inner(), right: inner() };
    case 3:
      return { kind: 'or', left: inner(), right: inner() };
    case 4:
      return { kind: 'not', inner: inner() };
    case 5:
      return { kind: 'if', test: inner(), yes: inner(), no: inner() };
    case 6:
      return { kind: 'constant', value: random.roll(2) === 0 };
    case 7:
      return { kind: 'has', path: random.pick(PRESENT) };
    case 8:
      return { kind: 'flag', path: random.pick(FLAGS.slice(0, 3)) };
    case 9:
      return {
        kind: 'in',
        path: random.pick([...TEXTS, 'args.s']),
        values: [random.pick(WORDS), random.pick(WORDS)],
      };
    case 10:
      return {
        kind: 'starts',
        path: random.pick([...TEXTS, 'args.s']),
        prefix: random.pick(['', 'a', 'r', 'la']),
      };
    case 11:
      return {
        kind: 'exists',
        path: 'args.list',
        sign: random.pick(['<', '>', '==']),
        bound: random.roll(4),
      };
    case 12:
      return compare(
        random,
        { kind: 'path', path: random.pick(TEXTS) },
        { kind: 'text', value: random.pick(WORDS) },
      );
    case 13:
      return compare(
        random,
        { kind: 'path', path: 'tool.cost' },
        { kind: 'amount', value: random.roll(8) / 2, unit: 'node-hours' },
      );
    default:
      return compare(random, numeric(random), { kind: 'number', value: random.roll(9) / 2 });
  }
}

function numeric(random: Dice): Term {
  const path = random.pick(NUMBERS);
  switch (random.roll(8)) {
    case 0:
      return { kind: 'path', path: 'env.level' };
    case 1:
    case 2:
      return { kind: 'path', path: random.pick(COUNTS) };
    case 3:
    case 4:
      return { kind: 'sum', sign: random.pick(['+', '-', '*']), path, by: random.roll(5) };
    default:
      return { kind: 'path', path };
  }
}

/** Either side may stand first. */
function compare(random: Dice, left: Term, right: Term): Condition {
  const sign = random.pick(SIGNS);
  return random.roll(4) === 0
    ? { kind: 'compare', sign, left: right, right: left }
    : { kind: 'compare', sign, left, right };
}
