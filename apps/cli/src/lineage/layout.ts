/** Where each box of a lineage stands and how each line runs: layers from causes down to effects, by dagre. */
import { Graph, layout } from '@dagrejs/dagre';
import type { LineageEdge, LineageGraph, LineageNode } from '@writ/provenance';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** `x` and `y` are its middle. */
export interface PlacedNode extends Point {
  readonly node: LineageNode;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly edge: LineageEdge;
  /** From the border of one box over its bends to the border of the other. */
  readonly points: readonly Point[];
}

export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** In whatever unit boxes are measured in. */
export interface Measures {
  readonly sizeOf: (node: LineageNode) => { readonly width: number; readonly height: number };
  /** Between boxes of a layer, and between layers. */
  readonly apart: number;
  readonly layersApart: number;
}

export function place({ nodes, edges }: LineageGraph, { sizeOf, apart, layersApart }: Measures): Placed {
  const graph = new Graph<
    { width?: number; height?: number },
    { width: number; height: number; x?: number; y?: number },
    { points?: Point[] }
  >();
  graph.setGraph({ rankdir: 'TB', nodesep: apart, ranksep: layersApart, edgesep: apart });
  for (const node of nodes) graph.setNode(node.id, { ...sizeOf(node) });
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    width,
    height,
    nodes: nodes.map((node) => {
      const { x = 0, y = 0, width: wide, height: high } = graph.node(node.id);
      return { node, x, y, width: wide, height: high };
    }),
    edges: edges.map((edge) => ({ edge, points: graph.edge(edge.from, edge.to).points ?? [] })),
  };
}
