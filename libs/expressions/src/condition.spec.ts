import { describe, expect, it } from 'vitest';
import { compileCondition } from './condition.ts';
import { callWith } from './sample-call.ts';

const holds = (source: string, call = callWith({})): boolean => compileCondition(source).evaluate(call);

/** What an evaluation that fails says. */
function failure(source: string, call = callWith({})): { code: string; message: string } {
  try {
    compileCondition(source).evaluate(call);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error(`${source} did not fail`);
}

describe('a call that costs 1200 node-hours in production', () => {
  const call = callWith({ cost: 1_200_000_000n, env: { production: true } });

  it.each([
    ['tool.cost > 1000 node-hours', true],
    ['tool.cost > 1200 node-hours', false],
    ['tool.cost >= 1200 node-hours', true],
    ['tool.cost == 1200 node-hours', true],
    ['tool.cost != 1.2e3 node-hours', false],
    ['tool.cost > 1000 node-hours AND env.production', true],
    ['tool.destructive AND env.production', true],
    ['tool.destructive && !env.production', false],
    ['tool.cost < 1 node-hour OR tool.price < 20 USD', true],
    ['tool.cost > 90 % * 1300 node-hours', true],
    ['tool.cost - 1000 node-hours > 0.5 * 400 node-hours', false],
    ['tool.cost / 1 node-hours * 3 USD > 3599.99 USD', true],
    ['-tool.cost < 0 node-hours', true],
    ['math.greatest(tool.cost, 1 node-hours) == tool.cost', true],
    ['[1 node-hours, 2000 node-hours].exists(limit, tool.cost < limit)', true],
    ['(env.production ? 1000 node-hours : 5000 node-hours) < tool.cost', true],
  ])('%s: %s', (source, expected) => {
    expect(holds(source, call)).toBe(expected);
  });
});

describe('words', () => {
  it.each([
    ['NOT takes the whole comparison after it', 'NOT tool.name == "other"', true],
    ['NOT ends where AND begins', 'NOT tool.name == "other" AND false', false],
    ['two NOTs cancel each other', 'NOT NOT tool.destructive', true],
    ['AND binds closer than OR', 'true OR false AND false', true],
    ['inside of brackets', '(NOT (tool.destructive AND false)) AND [NOT false][0]', true],
    ['as names after a dot', 'args.?AND.orValue(true) AND args.?NOT.orValue(true)', true],
    ['in strings they stay words', '"a AND b OR NOT c".contains("AND b OR NOT")', true],
    ['in comments they stay words', 'true // AND NOT this\n AND true', true],
  ])('%s', (_title, source, expected) => {
    expect(holds(source)).toBe(expected);
  });
});

describe('units', () => {
  it.each([
    ['1 GB == 1000 MB', true],
    ['1 GiB == 1024 MiB', true],
    ['5GB>4GB', true],
    ['30 min == duration("30m")', true],
    ['1.5 h == 90 min', true],
    ['2 d > 47 hours', true],
    ['90 % == 0.9 && 12.5 % == 0.125', true],
    ['33.3 % == 0.333', true],
    ['90 % 4 == 2', true],
    ['9 %(4) == 1', true],
    ['1000 tokens + 24 tokens == 1024 tokens', true],
    ['0.1 USD + 0.2 USD == 0.3 USD', true],
    ['0.1 USD * 3 == 0.3 USD', true],
    ['10 min * 1.5 == 15 min && 1 h / 15 min == 4.0', true],
    ['string(1.50 USD) == "1.5 USD"', true],
  ])('%s: %s', (source, expected) => {
    expect(holds(source)).toBe(expected);
  });
});

describe('arguments', () => {
  const call = callWith({
    args: {
      atoms: 100,
      mode: 'fast',
      bytes: 6e9,
      files: [{ name: 'a.h5' }, {}],
      'x-y': 4,
      nested: { deep: null },
    },
  });

  it.each([
    ['args.atoms > 99 AND args.atoms <= 100', true],
    ['args.atoms + 1 == 101 AND args.atoms % 3 == 1', true],
    ['args.mode in ["fast", "draft"]', true],
    ['args["mode"] == "fast"', true],
    ['args.`x-y` == 4', true],
    ['args.bytes * 1 B > 5 GB', true],
    ['size(args.files) == 2 AND has(args.files[0].name) AND NOT has(args.files[1].name)', true],
    ['args.nested.deep == null', true],
    ['args.?missing.orValue(7) == 7', true],
    ['has(args.missing) AND args.missing > 5', false],
    ['args.missing > 5 OR true', true],
    ['args.files.map(f, f.?name.orValue("")).exists(name, name.endsWith(".h5"))', true],
    ['args.mode.matches("^(fast|slow)$")', true],
    ['has(args.constructor) OR has(args.__proto__)', false],
  ])('%s: %s', (source, expected) => {
    expect(holds(source, call)).toBe(expected);
  });

  it('absent: the evaluation fails and says which', () => {
    expect(failure('args.missing > 5', call)).toMatchObject({
      code: 'expression-failed',
      message: '"args.missing > 5" cannot be evaluated: args.missing is absent',
    });
  });

  it('of a wrong type: the evaluation fails and says how', () => {
    expect(failure('args.mode > 5', call).message).toContain('a string and an int cannot be compared');
    expect(failure('args.mode', call).message).toContain('neither true nor false');
    expect(failure('args.atoms AND true', call).message).toContain(
      'args.atoms is a double, not true or false',
    );
  });
});

describe('an unset fact of the environment', () => {
  it.each([
    ['env.production', false],
    ['NOT env.production', true],
    ['env["production"]', false],
    ['env.region == "eu"', false],
    ['env.region != "eu"', true],
    ['has(env.region)', false],
  ])('%s: %s', (source, expected) => {
    expect(holds(source)).toBe(expected);
  });

  it('compared by size: the evaluation fails and names it', () => {
    expect(failure('env.load > 5').message).toContain('nobody set env.load');
  });
});

describe('labels and texts without a value', () => {
  it.each([
    ['tool.labels.domain == ""', true],
    ['has(tool.labels.domain)', false],
    ['request.campaign == "" AND NOT has(request.campaign)', true],
    ['has(request.project) AND has(tool.cost)', true],
  ])('%s: %s', (source, expected) => {
    expect(holds(source)).toBe(expected);
  });
});

describe('closed sets of words', () => {
  it.each([
    'tool.class == "DESTRUCTIVE"',
    '"destructive" == tool.class',
    'tool.class in ["network", "Destructive"]',
  ])('%s holds, whatever its case', (source) => {
    expect(holds(source)).toBe(true);
  });
});

describe('references', () => {
  it.each([
    ['tool.cost > 1 node-hours AND env.production', ['tool.cost', 'env.production']],
    ['args.a.b[0] == args["c"] OR has(args.d)', ['args.a.b', 'args.c', 'args.d']],
    ['args.list.exists(x, x.y == tool.name)', ['args.list', 'tool.name']],
    ['args.list.exists(tool, tool.name == "x")', ['args.list']],
    ['size(args) > 0', ['args']],
    ['true', []],
  ])('of %s', (source, paths) => {
    expect([...compileCondition(source).references]).toEqual(paths);
  });

  it('are explained with the values that were seen', () => {
    const condition = compileCondition(
      'tool.cost > 1 node-hours AND args.mode == "x" AND env.zone == "a" AND args.long == 1',
    );
    const call = callWith({ cost: 1_500_000n, args: { mode: 'fast', long: 'y'.repeat(500) } });
    expect(condition.explain(call)).toEqual([
      { path: 'tool.cost', value: '1.5 node-hours' },
      { path: 'args.mode', value: '"fast"' },
      { path: 'env.zone', value: 'absent' },
      { path: 'args.long', value: `"${'y'.repeat(119)}...` },
    ]);
  });
});
