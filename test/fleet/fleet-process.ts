/** A fleet in a process of its own: it starts as its argument says, tells when it pulls, and ends with its parent. */
import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from './fleet.ts';
import type { FleetOptions } from './fleet.ts';

export type FleetProcessOptions = Omit<FleetOptions, 'work'>;

const options = JSON.parse(process.argv[2] ?? '{}') as FleetProcessOptions;
process.on('disconnect', () => process.exit());
await Fleet.start({
  ...options,
  work: async (_executor, { inputs }) => {
    const given = JSON.parse(inputs) as { readonly ms: number };
    if (given.ms > 0) await delay(given.ms);
    return given;
  },
});
process.send?.('pulling');
