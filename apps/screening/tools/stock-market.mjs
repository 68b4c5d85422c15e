/** A stock market that stands still: the same price at every call, so that the example always decides the same way. */
const PRICES = new Map([
  ['ACME', 95.2],
  ['GLOBEX', 131.7],
]);

export function price({ symbol }) {
  const found = PRICES.get(symbol);
  if (found === undefined) {
    const known = [...PRICES.keys()].join(', ');
    throw Object.assign(new Error(`no share is called ${symbol}; there are: ${known}`), {
      code: 'unknown-symbol',
    });
  }
  return { symbol, price: found };
}

export function order({ symbol, shares }, { invocation }) {
  return { order: invocation, symbol, shares, at: price({ symbol }).price };
}
