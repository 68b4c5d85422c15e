/** A lineage as a picture of its own: no script, no font, no link to anything outside. */
import type { LineageGraph, LineageNode } from '@writ/provenance';
import { place } from './layout.ts';
import type { PlacedEdge, PlacedNode, Point } from './layout.ts';

const CHARACTER = 7.3;
const LINE = 17;
const PADDING = 10;
const MARGIN = 16;
const APART = 28;
const LAYERS_APART = 44;

const FILLS: Readonly<Record<LineageNode['kind'], string>> = {
  call: '#eef4ff',
  attempt: '#f5f0ff',
  approval: '#fff7e0',
  output: '#f3f4f6',
};
const BORDERS: Readonly<Record<string, string>> = {
  succeeded: '#2e7d32',
  accepted: '#2e7d32',
  granted: '#2e7d32',
};
const FAILED: ReadonlySet<string> = new Set([
  'failed',
  'timed-out',
  'denied',
  'refused',
  'rejected',
  'expired',
]);

export function lineageSvg(graph: LineageGraph): string {
  const placed = place(graph, { sizeOf, apart: APART, layersApart: LAYERS_APART });
  const [width, height] = [placed.width + 2 * MARGIN, placed.height + 2 * MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${number(width)}" height="${number(height)}" viewBox="${-MARGIN} ${-MARGIN} ${number(width)} ${number(height)}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`,
    `<title>${escaped(`What led to ${graph.invocation}, and what it led to`)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${number(width)}" height="${number(height)}" fill="#fff"/>`,
    ...placed.edges.map(line),
    ...placed.nodes.map(box),
    '</svg>',
    '',
  ].join('\n');
}

function sizeOf({ lines }: LineageNode): { width: number; height: number } {
  const longest = Math.max(...lines.map((text) => Array.from(text).length));
  return { width: longest * CHARACTER + 2 * PADDING, height: lines.length * LINE + PADDING };
}

function box({ node, x, y, width, height }: PlacedNode): string {
  const { kind, lines, role, stage = '' } = node;
  const border = FAILED.has(stage) ? '#c62828' : (BORDERS[stage] ?? '#667');
  const [left, top] = [x - width / 2, y - height / 2];
  const round = kind === 'output' ? height / 2 : 5;
  const texts = lines.map((text, index) => {
    const weight = index === 0 && kind !== 'output' ? ' font-weight="bold"' : '';
    return `<text x="${number(left + PADDING)}" y="${number(top + LINE * (index + 1) - 1)}"${weight}>${escaped(text)}</text>`;
  });
  const frame = `<rect x="${number(left)}" y="${number(top)}" width="${number(width)}" height="${number(height)}" rx="${number(round)}" fill="${FILLS[kind]}" stroke="${border}" stroke-width="${role === 'asked' ? 3 : 1}"/>`;
  return `<g>${frame}${texts.join('')}</g>`;
}

function line({ edge, points }: PlacedEdge): string {
  const path = points
    .map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`)
    .join('');
  const middle = points[Math.floor(points.length / 2)] as Point;
  const label = `<text x="${number(middle.x + 5)}" y="${number(middle.y)}" fill="#667" font-size="10" paint-order="stroke" stroke="#fff" stroke-width="3">${edge.what}</text>`;
  return `<path d="${path}" fill="none" stroke="#667" marker-end="url(#arrow)"/>${label}`;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Control characters have no place in XML. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (character) => entities[character] as string).replace(/\p{Cc}/gu, '\uFFFD');
}
