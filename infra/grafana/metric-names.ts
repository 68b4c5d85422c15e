/** The metrics and labels that an expression of PromQL names, as far as ours use it. */

export interface Named {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
}

export function namedIn(expr: string): Named {
  const metrics = expr.match(/\bwrit_[a-z_]+/g) ?? [];
  const grouped = [...expr.matchAll(/\b(?:by|without) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(', '),
  );
  const matched = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label);
  return { metrics, labels: [...grouped, ...matched] };
}
