/**
 * What goes wrong while an expression is evaluated: CEL's evaluation error. It is thrown, so that `&&`, `||`
 * and the quantifiers can set it aside when the other side decides, and it becomes a `WritError` at the
 * border of this lib.
 */

/**
 * The piece of source that a fault is about. Made when an expression is compiled, so that it costs nothing
 * later.
 */
export interface Site {
  readonly text: string;
  readonly offset: number;
  readonly length: number;
}

export class Fault extends Error {
  readonly site: Site | undefined;

  constructor(message: string, site?: Site) {
    super(message);
    this.site = site;
  }
}
