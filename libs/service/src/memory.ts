/**
 * Keeps a service small. With gigabytes free, V8 lets garbage pile up before it collects: a service whose live state is
 * 60 MB was seen at 400 MB resident. The other half of the cure can only be given on the command line:
 * `--max-semi-space-size=8` bounds the young generation.
 */
import { setFlagsFromString } from 'node:v8';

const HEAP_GROWTH_PERCENT = 30;

/**
 * From now on the old generation is collected when it has grown by `percent` since the last collection. 100 in all services
 * (`WRIT_HEAP_GROWTH_PERCENT=100 npm run bench`) gave 15 to 24 % more calls a second and took 20 to 50 MB more each.
 */
export function growHeapBy(percent: number): void {
  setFlagsFromString(`--heap-growing-percent=${percent}`);
}

// While modules are loaded, too: what they leave behind would stay resident.
growHeapBy(HEAP_GROWTH_PERCENT);
// Objects of a kind that often survives V8 makes in the old generation at once. Ours live for a second or less, and from
// there they keep alive whatever they refer to. Made young as all others, the audit copies 0.9 MB at a collection, not 1.3.
setFlagsFromString('--no-allocation-site-pretenuring');
