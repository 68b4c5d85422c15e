/** The layouts of the events that were read last, by the kind of their subjects: a few a kind, each for a while. */
import type { SubjectKind } from '@writ/contracts';
import { EventLayout } from './event-layout.ts';
import type { EventPlaces } from './event-places.ts';

/** Layouts of a kind that are tried, the one that fitted last first. */
const MOST_LAYOUTS = 4;
/** So often a layout is used before its event is walked again: values that were of their time are changed then. */
const MOST_USES = 4_096;
/** Events that fit nothing before one of them replaces a layout: learning costs as much as walking a hundred. */
const MISFITS = 256;

interface Known {
  readonly layouts: EventLayout[];
  uses: number;
  misfits: number;
}

export class KnownLayouts {
  readonly #kinds = new Map<SubjectKind, Known>();
  /** Where the event ends whose layout was found. */
  end = 0;

  /** The layout that the event at `from` has; its places are in `found` then. */
  find(
    kind: SubjectKind | undefined,
    bytes: Buffer,
    view: DataView,
    from: number,
    found: EventPlaces,
  ): EventLayout | undefined {
    const known = kind && this.#kinds.get(kind);
    if (!known) return undefined;
    const { layouts } = known;
    for (let nth = 0; nth < layouts.length; nth++) {
      const layout = layouts[nth] as EventLayout;
      this.end = layout.fit(bytes, view, from, found);
      if (this.end < 0) continue;
      if (nth > 0) layouts.unshift(...layouts.splice(nth, 1));
      if (++known.uses % MOST_USES === 0) layouts.shift();
      return layout;
    }
    return undefined;
  }

  /** Takes note of an event that was walked. */
  learn(kind: SubjectKind | undefined, bytes: Buffer, from: number, to: number, walked: EventPlaces): void {
    if (kind === undefined) return;
    let known = this.#kinds.get(kind);
    if (!known) this.#kinds.set(kind, (known = { layouts: [], uses: 0, misfits: 0 }));
    const { layouts } = known;
    if (layouts.length === MOST_LAYOUTS && ++known.misfits % MISFITS > 0) return;
    const layout = EventLayout.of(bytes, from, to, walked);
    if (!layout) return;
    if (layouts.length === MOST_LAYOUTS) layouts.pop();
    layouts.unshift(layout);
  }
}
