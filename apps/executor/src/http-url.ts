/**
 * The address of an `http` tool's call. Inputs fill places in path and query only, encoded, and can neither add a
 * segment to the path nor leave it; the host is the operator's alone.
 */
import { WritError } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';

const PLACE = /\{args\.([^{}]+)\}/g;

/** @throws WritError `missing-argument`, `unsafe-argument`: what is wrong with which input. */
export function expandUrl(template: string, inputs: JsonObject): URL {
  const url = new URL(template.replace(PLACE, (_, name: string) => encoded(name, inputs)));
  const shape = new URL(template.replace(PLACE, 'x'));
  if (url.pathname.split('/').length === shape.pathname.split('/').length) return url;
  throw new WritError('unsafe-argument', 'an input would lead to another path than the one of the tool');
}

function encoded(name: string, inputs: JsonObject): string {
  const value = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  if (value === undefined || value === null) {
    throw new WritError('missing-argument', `the address needs the input "${name}", which is absent`);
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text === '' || /^\.+$/.test(text)) {
    throw new WritError('unsafe-argument', `the input "${name}" is "${text}", which is no name in a path`);
  }
  return encodeURIComponent(text);
}
