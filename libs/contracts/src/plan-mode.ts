/** The two ways to plan a step of several calls: one after the other in waves, or each call when its own way is free. */
import { z } from 'zod';

export const PlanMode = { waves: 'waves', dag: 'dag' } as const;
export type PlanMode = (typeof PlanMode)[keyof typeof PlanMode];

/**
 * `waves`: what may run at once runs at once, and the next wave waits for all of it. `dag`: a call starts when those
 * earlier calls that it conflicts with are done.
 */
export const planMode = z.enum(PlanMode);
