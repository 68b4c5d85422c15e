/** What a condition can see: the values of one evaluation, and a named field of them. */
import type { Priority } from '@writ/contracts';
import type { BudgetView, HistoryView } from './situation.ts';
import type { Dimension } from './units.ts';

/** The values that one evaluation sees. Amounts are millionths of a unit. */
export interface Bindings {
  readonly tool: {
    readonly name: string;
    readonly class: string;
    readonly effects: string;
    readonly destructive: boolean;
    /** Millionths of a node-hour. */
    readonly cost: bigint;
    /** Millionths of a USD. */
    readonly price: bigint;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly args: Readonly<Record<string, unknown>>;
  readonly agent: { readonly name: string };
  readonly request: {
    readonly project: string;
    readonly campaign?: string | undefined;
    readonly priority: Priority;
    readonly justification?: string | undefined;
    /** Milliseconds since the epoch. */
    readonly deadlineMs?: number | undefined;
  };
  readonly env: Readonly<Record<string, unknown>>;
  /** When the decision is made, in milliseconds since the epoch. */
  readonly time?: number | undefined;
  readonly budget?: BudgetView | undefined;
  readonly history?: HistoryView | undefined;
}

/** What a map of facts gives for a name that is not in it. */
export const Absent = { error: 'error', false: 'false', emptyText: 'empty-text' } as const;
export type Absent = (typeof Absent)[keyof typeof Absent];

type PlainType =
  | 'string'
  | 'bool'
  | 'int'
  | 'double'
  | 'dyn'
  | 'map<string, string>'
  | 'map<string, dyn>'
  | 'google.protobuf.Timestamp';

export interface Field {
  readonly path: string;
  /** Type in the language; a dimension's type is named after it (`quantity of USD`). */
  readonly type: PlainType | Dimension;
  readonly meaning: string;
  readonly read: (bindings: Bindings) => unknown;
  /** What an absent entry of a map, an absent text, or a field that is not given, reads as. */
  readonly absent?: Absent;
  /** Only of a closed set: the values that it can have, so that a comparison with another one is refused. */
  readonly oneOf?: readonly string[];
}
