/** The first half of the seeds (`seeds.ts`). */
import { describeSeeds } from './seeds.ts';

describeSeeds('first');
