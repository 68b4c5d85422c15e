import { describe, expect, it } from 'vitest';
import { FewLabels } from './few-labels.ts';
import { Attribute } from './names.ts';

describe('labels of few combinations', () => {
  it('for the same values: are the same object, which cannot change', () => {
    const tools = new FewLabels(Attribute.tool, Attribute.outcome);
    const labels = tools.of('dock', 'failed');
    expect(tools.of('dock', 'failed')).toBe(labels);
    expect(Object.isFrozen(labels)).toBe(true);
    expect(labels).toEqual({ tool: 'dock', outcome: 'failed' });
  });

  it("of ever new names: are 'other' from the 1,001st on, but still say Writ's own words", () => {
    const tools = new FewLabels(Attribute.tool, Attribute.outcome);
    for (let tool = 0; tool < 1_000; tool++) tools.of(`tool-${tool}`, 'succeeded');
    expect(tools.of('late', 'failed')).toEqual({ tool: 'other', outcome: 'failed' });
    expect(tools.of('later', 'failed')).toBe(tools.of('late', 'failed'));
    expect(tools.of('late', 'succeeded')).toEqual({ tool: 'other', outcome: 'succeeded' });
    expect(tools.of('tool-999', 'succeeded')).toEqual({ tool: 'tool-999', outcome: 'succeeded' });
  });
});
