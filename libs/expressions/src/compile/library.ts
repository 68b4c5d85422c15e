/** The only door to `@marcbachmann/cel-js`: its parser and type checker are used, its interpreter is not. */
import { Environment } from '@marcbachmann/cel-js';
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';

export { Environment, UnsignedInt };
