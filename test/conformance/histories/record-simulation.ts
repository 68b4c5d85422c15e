/** Records one seed of the simulation: `node --conditions=@writ/source <this file> <seed> <file>`. */
import { World } from '../../simulation/world.ts';
import { recordHistory } from './history.ts';

const STEPS = 150;

const [seed = '1', file = 'simulation.jsonl'] = process.argv.slice(2);
const world = new World({ seed: Number(seed), steps: STEPS });
await world.run();
await recordHistory(world.ledger, file);
