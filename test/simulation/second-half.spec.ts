/** The second half of the seeds (`seeds.ts`). */
import { describeSeeds } from './seeds.ts';

describeSeeds('second');
