/** "Did you mean": slips are found, other names are not, against a plain recursive distance. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('the nearest name', () => {
  it.each([
    ['dokc', ['fold', 'dock'], 'dock'],
    ['Dock_Ligand', ['dock-ligand'], 'dock-ligand'],
    ['timeout_secnods', ['timeoutSeconds'], 'timeoutSeconds'],
    ['l_a_b', ['lab'], 'lab'],
    ['lab', ['l-a-b'], 'l-a-b'],
    ['odck', ['dock'], 'dock'],
    ['US', ['hours', 'USD'], 'USD'],
    ['dog', ['dig', 'dot'], 'dig'],
    ['screening', ['screenings', 'Screening'], 'Screening'],
    ['screenin', ['screening', 'Screenin'], 'Screenin'],
    ['simulate', ['delete-dataset', 'dock'], undefined],
    ['xb', ['ab'], undefined],
    ['x', [], undefined],
    ['', ['a'], undefined],
  ])('%s among %j: %s', (wrong, known, meant) => expect(nearestName(wrong, known)).toBe(meant));

  it('long names: a few slips at most, in the letters that are compared', () => {
    const name = 'abcdefghijklmnopqrstuvwxyz';
    expect(nearestName(name.slice(4), [name])).toBe(name);
    expect(nearestName(name.slice(5), [name])).toBeUndefined();
    const beginning = 'x'.repeat(64);
    expect(nearestName(`${beginning}abcdef`, [`${beginning}ghijkl`])).toBeDefined();
  });

  it('more names of its length than are compared: the first of them', () => {
    const others = Array.from({ length: 500 }, (_, index) => `other-${100 + index}`);
    expect(nearestName('dock-1234', [...others.slice(1), 'dock-1234'])).toBe('dock-1234');
    expect(nearestName('dock-1234', [...others, 'dock-1234'])).toBeUndefined();
  });

  it('more slips than the caller believes: none', () => {
    expect(nearestName('scerenign', ['screening'], 2)).toBe('screening');
    expect(nearestName('scerenign', ['screening'], 1)).toBeUndefined();
  });

  it('any two names: near exactly when a third of the letters differ at most', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 7 });
    fc.assert(
      fc.property(name, name, fc.nat(3), (wrong, known, most) => {
        const believed = Math.min(most, Math.floor(Math.max(wrong.length, known.length) / 3));
        const near = distance(wrong, known) <= believed;
        expect(nearestName(wrong, [known], most)).toBe(near ? known : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('among any names: none is nearer than the one that is found', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(name, fc.array(name, { maxLength: 5 }), (wrong, known) => {
        const found = nearestName(wrong, known);
        const nearer = known.filter((one) => distance(wrong, one) < distance(wrong, found ?? ''));
        const believed = nearer.filter((one) => nearestName(wrong, [one]) === one);
        expect(believed).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('thousands of long names: answered at once', () => {
    const known = Array.from({ length: 5_000 }, (_, index) => `${'a'.repeat(200)}${index}`);
    const begin = performance.now();
    expect(nearestName('b'.repeat(1_000_000), known)).toBeUndefined();
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

/** The definition, without bounds: insert, delete, replace, or swap two neighbours that are not edited again. */
function distance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const replaced = distance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1);
  if (a[0] === b[0]) return replaced;
  const least = Math.min(replaced, distance(a.slice(1), b) + 1, distance(a, b.slice(1)) + 1);
  const swapped = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return swapped ? Math.min(least, distance(a.slice(2), b.slice(2)) + 1) : least;
}
