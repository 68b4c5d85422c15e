/**
 * The campaign: from a library to three orders. Each stage decides by what the ones before it found and by nothing else,
 * so every run asks for the same calls, whatever is killed and restarted under it.
 */
import type { z } from 'zod';
import type { Agent, Asked } from './agent.ts';
import { conformerEnergy, descriptors, quantumChemistry } from './findings.ts';
import type { Computed, Described, Relaxed } from './findings.ts';
import type { Ending } from './journal.ts';
import type { Molecule } from './library.ts';
import { forQuantumChemistry, ranked, shortlist } from './ranking.ts';

/** How many molecules reach each stage, and how finely they are looked at. */
const PLAN = {
  relaxed: { drugs: 94, large: 6, conformers: 4 },
  closerLook: { molecules: 3, conformers: 8 },
  computed: { drugs: 26, large: 4 },
  assayed: 20,
  ordered: 3,
  milligrams: 5,
} as const;

export type Ranked = Computed & { readonly score: number };

/** The stages, in order. Returns the molecules that were computed, best first. */
export async function screen(agent: Agent, library: readonly Molecule[]): Promise<readonly Ranked[]> {
  const described = await describe(agent, library);
  const relaxed = await relax(agent, shortlist(described, PLAN.relaxed.drugs, PLAN.relaxed.large));
  const candidates = forQuantumChemistry(relaxed, PLAN.computed.drugs, PLAN.computed.large);
  await lookCloser(agent, candidates.slice(-PLAN.computed.drugs));
  const best = ranked(await compute(agent, candidates));
  await assay(agent, best);
  await order(agent, best.slice(0, PLAN.ordered));
  await agent.inTurn('purge', [{ tool: 'purge_results', inputs: {} }]);
  return best;
}

async function describe(agent: Agent, library: readonly Molecule[]): Promise<Described[]> {
  const calls = library.map((one) => ask('descriptors', one, {}));
  const outcomes = await agent.readAll('descriptors', calls);
  return found(library, outcomes, descriptors, (one, output) => ({ ...one, descriptors: output }));
}

async function relax(agent: Agent, molecules: readonly Described[]): Promise<Relaxed[]> {
  const { conformers } = PLAN.relaxed;
  const calls = molecules.map((one) => ask('conformer_energy', one, { ...priced(one), conformers }));
  const outcomes = await agent.readAll('conformer energy', calls);
  return found(molecules, outcomes, conformerEnergy, (one, output) => ({ ...one, conformers: output }));
}

/** What a model would do with its favourites: ask for all of them in one generation. */
async function lookCloser(agent: Agent, molecules: readonly Relaxed[]): Promise<void> {
  const { conformers } = PLAN.closerLook;
  const favourites = molecules.slice(0, PLAN.closerLook.molecules);
  await agent.step(
    'closer look',
    favourites.map((one) => ask('conformer_energy', one, { ...priced(one), conformers })),
  );
}

async function compute(agent: Agent, molecules: readonly Relaxed[]): Promise<Computed[]> {
  const calls = molecules.map((one, index) => ({
    ...ask('quantum_chemistry', one, priced(one)),
    justification: `candidate ${index + 1} of ${molecules.length} after conformer energies: ${one.name}`,
  }));
  const outcomes = await agent.askAll('quantum chemistry', calls);
  return found(molecules, outcomes, quantumChemistry, (one, output) => ({ ...one, quantum: output }));
}

/** One ticket after another, until the plan is done: a refusal by a breaker is an answer, and is not asked again. */
async function assay(agent: Agent, best: readonly Computed[]): Promise<void> {
  const molecules = best.slice(0, PLAN.assayed);
  await agent.inTurn(
    'assay gateway',
    molecules.map((one, index) => ask('assay_gateway', one, { ticket: index + 1 })),
  );
}

async function order(agent: Agent, winners: readonly Ranked[]): Promise<void> {
  const calls = winners.map((one, index) => ({
    ...ask('synthesize', one, { name: one.name, ...priced(one), milligrams: PLAN.milligrams }),
    justification: `place ${index + 1} of the campaign: ${one.name}, score ${one.score.toFixed(3)}`,
  }));
  await agent.askAll('synthesis', calls);
}

function ask(tool: string, { name, smiles }: Molecule, inputs: Readonly<Record<string, unknown>>): Asked {
  return { tool, molecule: name, inputs: { smiles, ...inputs } };
}

/** What the price of a call depends on. */
function priced({ descriptors: { atoms } }: Described): { readonly atoms: number } {
  return { atoms };
}

/** The molecules whose call succeeded, with what it said. */
function found<M extends Molecule, S extends z.ZodType, R>(
  molecules: readonly M[],
  outcomes: readonly Ending[],
  output: S,
  together: (molecule: M, output: z.infer<S>) => R,
): R[] {
  return molecules.flatMap((molecule, index) => {
    const outcome = outcomes[index];
    return outcome?.status === 'succeeded' ? [together(molecule, output.parse(outcome.output))] : [];
  });
}
