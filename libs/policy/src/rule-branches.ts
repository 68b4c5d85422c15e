/**
 * Finds rules by a value of the call: those that want it equal to one of some values through a map, those that want it
 * above or below a bound through a sorted list. A rule stands under one of its parts that all have to hold; what is not
 * found there is false in that part, so it cannot match. Values that are not what the rules compare with find all of
 * the rules, because there a rule may fail.
 */
import type { Bindings, ComparisonTest, Condition, Literal } from '@writ/expressions';
import type { CompiledRule } from './compiled-rule.ts';

/** A rule that depends on the call; its position keeps the order of names. */
export interface Candidate {
  readonly compiled: CompiledRule;
  readonly position: number;
}

/** Takes candidates that may match. */
export type Look = (candidate: Candidate) => void;

/** What every call has, read without a failure. */
const KNOWN: Readonly<Record<string, (bindings: Bindings) => Literal>> = {
  'request.project': ({ request }) => request.project,
  'agent.name': ({ agent }) => agent.name,
  'request.campaign': ({ request }) => request.campaign ?? '',
  'tool.cost': ({ tool }) => tool.cost,
  'tool.price': ({ tool }) => tool.price,
};

const ARGUMENT = /^args\.([^.]+)$/;

export class RuleBranches {
  readonly #equal = new Map<string, EqualBranch>();
  readonly #ordered = new Map<string, OrderedBranch>();

  /** Puts a rule under one of its tests; false when none of them can find it. */
  add(candidate: Candidate): boolean {
    const { condition } = candidate.compiled;
    const place = condition && placeOf(condition);
    if (!place) return false;
    const { key, test } = place;
    const [bound] = test.values;
    if (bound === undefined) return false;
    if (isEquality(test)) {
      const make = (): EqualBranch => new EqualBranch(readerOf(test.path), typeof bound);
      branchAt(this.#equal, key, make).add(candidate, test.values);
    } else {
      const make = (): OrderedBranch => new OrderedBranch(readerOf(test.path), isAbove(test), typeof bound);
      branchAt(this.#ordered, key, make).add(candidate, bound);
    }
    return true;
  }

  find(bindings: Bindings, look: Look): void {
    for (const branch of this.#equal.values()) branch.find(bindings, look);
    for (const branch of this.#ordered.values()) branch.find(bindings, look);
  }
}

class EqualBranch {
  readonly #read: (bindings: Bindings) => unknown;
  readonly #type: string;
  readonly #byValue = new Map<unknown, Candidate[]>();
  readonly #all: Candidate[] = [];

  constructor(read: (bindings: Bindings) => unknown, type: string) {
    this.#read = read;
    this.#type = type;
  }

  add(candidate: Candidate, values: readonly Literal[]): void {
    this.#all.push(candidate);
    for (const value of new Set(values)) branchAt(this.#byValue, value, () => []).push(candidate);
  }

  find(bindings: Bindings, look: Look): void {
    const value = this.#read(bindings);
    const candidates = typeof value === this.#type ? this.#byValue.get(value) : this.#all;
    if (candidates) for (const candidate of candidates) look(candidate);
  }
}

/** Rules that want a value above their bounds, or below them. */
class OrderedBranch {
  readonly #read: (bindings: Bindings) => unknown;
  readonly #above: boolean;
  readonly #type: string;
  #entries: { readonly bound: Literal; readonly candidate: Candidate }[] = [];
  #sorted = true;

  constructor(read: (bindings: Bindings) => unknown, above: boolean, type: string) {
    this.#read = read;
    this.#above = above;
    this.#type = type;
  }

  add(candidate: Candidate, bound: Literal): void {
    this.#entries.push({ bound, candidate });
    this.#sorted = false;
  }

  /** The entries are sorted so that those whose bound is passed first stand first. */
  find(bindings: Bindings, look: Look): void {
    if (!this.#sorted) this.#sort();
    const value = this.#read(bindings);
    const comparable = typeof value === this.#type && value === value;
    for (const { bound, candidate } of this.#entries) {
      if (comparable && (this.#above ? bound > (value as Literal) : bound < (value as Literal))) return;
      look(candidate);
    }
  }

  #sort(): void {
    const sign = this.#above ? 1 : -1;
    this.#entries.sort((a, b) => (a.bound < b.bound ? -sign : a.bound > b.bound ? sign : 0));
    this.#sorted = true;
  }
}

/** The branch that a condition belongs to, and the test that puts it there. */
interface Place {
  readonly key: string;
  readonly test: ComparisonTest;
}

/** Every tool has branches of its own, but a condition has the same place in all of them. */
const PLACES = new WeakMap<Condition, { readonly place: Place | undefined }>();

function placeOf(condition: Condition): Place | undefined {
  let known = PLACES.get(condition);
  if (!known) PLACES.set(condition, (known = { place: findPlace(condition) }));
  return known.place;
}

/** What every call has is asked for before arguments, equality before order. */
function findPlace({ conjuncts }: Condition): Place | undefined {
  const tests = conjuncts.flatMap(({ test }) => test ?? []);
  const equal = tests.find((test) => isEquality(test) && isKnown(test)) ?? tests.find(isEquality);
  if (equal) return { key: `${equal.path} ${typeof equal.values[0]}`, test: equal };
  const ordered = tests.find(isOrder);
  return ordered && { key: `${ordered.path} ${isAbove(ordered)} ${typeof ordered.values[0]}`, test: ordered };
}

function isAbove({ sign }: ComparisonTest): boolean {
  return sign === '>' || sign === '>=';
}

function branchAt<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let branch = map.get(key);
  if (branch === undefined) map.set(key, (branch = make()));
  return branch;
}

function isKnown({ path }: ComparisonTest): boolean {
  return Object.hasOwn(KNOWN, path);
}

function isEquality(test: ComparisonTest): boolean {
  if ((test.sign !== '==' && test.sign !== 'in') || test.dimension !== undefined) return false;
  const type = typeof test.values[0];
  if (type === 'undefined' || !test.values.every((value) => typeof value === type)) return false;
  return isKnown(test) ? type === 'string' : ARGUMENT.test(test.path);
}

function isOrder(test: ComparisonTest): boolean {
  if (!/^[<>]=?$/.test(test.sign)) return false;
  const [bound] = test.values;
  return isKnown(test) ? typeof bound === 'bigint' : ARGUMENT.test(test.path) && typeof bound === 'number';
}

function readerOf(path: string): (bindings: Bindings) => unknown {
  if (Object.hasOwn(KNOWN, path)) return KNOWN[path] as (bindings: Bindings) => Literal;
  const name = path.slice('args.'.length);
  return ({ args }) => (Object.hasOwn(args, name) ? args[name] : undefined);
}
