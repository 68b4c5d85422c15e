/** A lineage in characters: a box for each node, lines that run down from causes to effects. */
import type { LineageGraph, LineageNode } from '@writ/provenance';
import type { Colour, Paint } from '../terminal.ts';
import { place } from './layout.ts';
import type { PlacedNode, Point } from './layout.ts';

const APART = 3;
const LAYERS_APART = 4;
const LONGEST_LINE = 44;

/** Directions of a line within a cell, to be added up. */
const UP = 1;
const RIGHT = 2;
const DOWN = 4;
const LEFT = 8;
/** By the sum of the directions. */
const LINES = [' ', '│', '─', '└', '│', '│', '┌', '├', '─', '┘', '─', '┴', '┐', '┤', '┬', '┼'];
const ARROW = '▼';

const COLOURS: Readonly<Record<LineageNode['kind'], Colour>> = {
  call: 'cyan',
  attempt: 'yellow',
  approval: 'green',
  output: 'grey',
};

export function lineageDrawing(graph: LineageGraph, paint: Paint): string {
  const { nodes, edges, width, height } = place(graph, { sizeOf, apart: APART, layersApart: LAYERS_APART });
  const canvas = new Canvas(Math.ceil(width) + 2, Math.ceil(height) + 2);
  const frames = new Map(nodes.map((placed) => [placed.node.id, frameOf(placed)]));
  for (const { edge, points } of edges) {
    const [from, to] = [frames.get(edge.from) as Frame, frames.get(edge.to) as Frame];
    const bends = points.slice(1, -1).map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
    const ends = [{ x: from.middle, y: from.bottom }, ...bends, { x: to.middle, y: to.top - 1 }];
    canvas.line(straightened(ends));
  }
  for (const { node } of nodes) canvas.box(frames.get(node.id) as Frame, node);
  return canvas.text(paint);
}

/** Without the steps of one column that rounding makes. */
function straightened(points: readonly Point[]): readonly Point[] {
  let before: number | undefined;
  return points.map(({ x, y }) => {
    const straight = before !== undefined && Math.abs(x - before) <= 1 ? before : x;
    before = straight;
    return { x: straight, y };
  });
}

/** A box on the grid; `bottom` is the row below it. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly middle: number;
  readonly bottom: number;
}

function frameOf({ x, y, width, height }: PlacedNode): Frame {
  const [left, top] = [Math.round(x - width / 2), Math.round(y - height / 2)];
  return { left, top, width, middle: left + Math.floor(width / 2), bottom: top + height };
}

function sizeOf({ lines }: LineageNode): { width: number; height: number } {
  return {
    width: Math.max(...lines.map((text) => Array.from(shown(text)).length)) + 4,
    height: lines.length + 2,
  };
}

/** Control characters would draw elsewhere. */
function shown(text: string): string {
  const plain = Array.from(text.replace(/\p{Cc}/gu, '\uFFFD'));
  return plain.length > LONGEST_LINE ? `${plain.slice(0, LONGEST_LINE - 1).join('')}…` : plain.join('');
}

interface Cell {
  character: string;
  colour: Colour | undefined;
  /** Sum of the directions of the lines through it. */
  lines: number;
}

class Canvas {
  readonly #rows: Cell[][];

  constructor(width: number, height: number) {
    this.#rows = Array.from({ length: height }, () =>
      Array.from({ length: width }, () => ({ character: ' ', colour: undefined, lines: 0 })),
    );
  }

  /** Down from point to point; across in the middle between two that stand beside each other. */
  line(points: readonly Point[]): void {
    for (const [index, to] of points.entries()) {
      const from = points[index - 1];
      if (!from) continue;
      const across = from.y + Math.max(0, Math.floor((to.y - from.y) / 2));
      this.#down(from.x, from.y, across);
      this.#across(across, from.x, to.x);
      this.#down(to.x, across, to.y);
    }
    const [first, last] = [points[0] as Point, points.at(-1) as Point];
    this.#join(first.x, first.y, UP);
    const end = this.#cell(last.x, last.y);
    if (end) end.character = ARROW;
  }

  box({ left, top, width, bottom }: Frame, { kind, lines, role }: LineageNode): void {
    const edge = role === 'asked' ? '═' : '─';
    const side = role === 'asked' ? '║' : '│';
    const corners = role === 'asked' ? '╔╗╚╝' : '┌┐└┘';
    const row = (begin: string, fill: string, end: string): string => begin + fill + end;
    this.#write(
      left,
      top,
      row(corners[0] as string, edge.repeat(width - 2), corners[1] as string),
      undefined,
    );
    for (const [index, text] of lines.entries()) {
      this.#write(left, top + 1 + index, row(side, ' '.repeat(width - 2), side), undefined);
      this.#write(left + 2, top + 1 + index, shown(text), index === 0 ? COLOURS[kind] : undefined);
    }
    this.#write(
      left,
      bottom - 1,
      row(corners[2] as string, edge.repeat(width - 2), corners[3] as string),
      undefined,
    );
  }

  text(paint: Paint): string {
    const drawn = this.#rows.map((row) => {
      let text = '';
      for (let at = 0; at < row.length;) {
        const { colour } = row[at] as Cell;
        let run = '';
        for (; at < row.length && row[at]?.colour === colour; at++) run += glyph(row[at] as Cell);
        text += colour ? paint(colour, run) : run;
      }
      return text.trimEnd();
    });
    while (drawn.at(-1) === '') drawn.pop();
    return drawn.join('\n');
  }

  #down(x: number, from: number, to: number): void {
    for (let y = from; y < to; y++) {
      this.#join(x, y, DOWN);
      this.#join(x, y + 1, UP);
    }
  }

  #across(y: number, from: number, to: number): void {
    for (let x = Math.min(from, to); x < Math.max(from, to); x++) {
      this.#join(x, y, RIGHT);
      this.#join(x + 1, y, LEFT);
    }
  }

  #join(x: number, y: number, direction: number): void {
    const cell = this.#cell(x, y);
    if (cell) cell.lines |= direction;
  }

  #write(left: number, y: number, text: string, colour: Colour | undefined): void {
    for (const [index, character] of Array.from(text).entries()) {
      const cell = this.#cell(left + index, y);
      if (cell) Object.assign(cell, { character, colour, lines: 0 });
    }
  }

  #cell(x: number, y: number): Cell | undefined {
    return this.#rows[y]?.[x];
  }
}

function glyph({ character, lines }: Cell): string {
  return character === ' ' ? (LINES[lines] ?? ' ') : character;
}
