/**
 * Which molecules go on, and in which order. Pure, and total over ties by name, so that the same findings always make
 * the same campaign.
 */
import type { Computed, Described, Descriptors, Relaxed } from './findings.ts';

/** Roughly where oral drugs lie: mean and width of each descriptor (compare Bickerton et al., Nature Chemistry 4, 2012). */
const TYPICAL: readonly (readonly [(of: Descriptors) => number, mean: number, width: number])[] = [
  [({ weight }) => weight, 310, 120],
  [({ logP }) => logP, 2.6, 1.8],
  [({ polarSurface }) => polarSurface, 60, 35],
  [({ donors }) => donors, 1, 1.3],
  [({ acceptors }) => acceptors, 3.5, 2],
  [({ rotatableBonds }) => rotatableBonds, 4, 3],
];

/** A molecule beyond the rule of five with more atoms than this is a lead of its own kind: a macrolide, a taxane. */
const LARGE = 50;

/** How fast a score falls with the number of populated conformers: binding costs a floppy molecule its freedom. */
const FLOPPINESS = 0.2;

/** Likeness to an oral drug: 1 is a typical one, near 0 is far from all of them. */
export function desirability(of: Descriptors): number {
  const distances = TYPICAL.map(([value, mean, width]) => ((value(of) - mean) / width) ** 2);
  return Math.exp(-distances.reduce((sum, distance) => sum + distance, 0) / distances.length / 2);
}

/** The most desirable molecules that keep Lipinski's rule, then the most desirable large ones that do not. */
export function shortlist(described: readonly Described[], drugs: number, large: number): Described[] {
  const ordered = inOrder(described, (one) => desirability(one.descriptors));
  const passing = ordered.filter((one) => one.descriptors.lipinski.passes);
  return [...passing.slice(0, drugs), ...ordered.filter(isLarge).slice(0, large)];
}

/** Large leads first, because their price needs a person; then the best drugs. */
export function forQuantumChemistry(relaxed: readonly Relaxed[], drugs: number, large: number): Relaxed[] {
  const ordered = inOrder(relaxed, (one) => score(one.descriptors, one.conformers.populated));
  return [
    ...ordered.filter(isLarge).slice(0, large),
    ...ordered.filter((one) => !isLarge(one)).slice(0, drugs),
  ];
}

/** The campaign's result: best first. */
export function ranked(computed: readonly Computed[]): (Computed & { readonly score: number })[] {
  const scored = computed.map((one) => ({ ...one, score: score(one.descriptors, one.quantum.populated) }));
  return inOrder(scored, (one) => one.score);
}

function score(of: Descriptors, populated: number): number {
  return desirability(of) / populated ** FLOPPINESS;
}

function isLarge({ descriptors: { lipinski, atoms } }: Described): boolean {
  return !lipinski.passes && atoms > LARGE;
}

function inOrder<T extends Described>(molecules: readonly T[], value: (of: T) => number): T[] {
  return [...molecules].sort((a, b) => value(b) - value(a) || (a.name < b.name ? -1 : 1));
}
