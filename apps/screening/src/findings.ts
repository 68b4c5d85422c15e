/** What the tools tell about a molecule: their outputs, parsed once where they reach the agent. */
import { z } from 'zod';
import type { Molecule } from './library.ts';

export const descriptors = z.object({
  formula: z.string(),
  atoms: z.number().int(),
  weight: z.number(),
  logP: z.number(),
  polarSurface: z.number(),
  donors: z.number().int(),
  acceptors: z.number().int(),
  rotatableBonds: z.number().int(),
  lipinski: z.object({ violations: z.number().int(), passes: z.boolean() }),
});
export type Descriptors = z.infer<typeof descriptors>;

export const conformerEnergy = z.object({
  energy: z.number(),
  spread: z.number(),
  populated: z.number(),
  conformers: z.number().int(),
  rotors: z.number().int(),
});
export type ConformerEnergy = z.infer<typeof conformerEnergy>;

export const quantumChemistry = z.object({
  energy: z.number(),
  lowest: z.number(),
  conformationalEntropy: z.number(),
  populated: z.number(),
  conformers: z.number().int(),
});
export type QuantumChemistry = z.infer<typeof quantumChemistry>;

export interface Described extends Molecule {
  readonly descriptors: Descriptors;
}

export interface Relaxed extends Described {
  readonly conformers: ConformerEnergy;
}

export interface Computed extends Relaxed {
  readonly quantum: QuantumChemistry;
}
