/** The body of a response, read no further than it may be kept: a server that never ends must not fill our memory. */

export interface Body {
  readonly text: string;
  /** Parsed when its media type says JSON, else the text; undefined when empty. */
  readonly value: unknown;
  readonly bytes: number;
  readonly tooLarge: boolean;
}

const JSON_TYPE = /[/+]json\b/i;

/** Reads at most `most` bytes and gives up the connection when there is more. */
export async function readBody(response: Response, most: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    // Leaving the loop cancels the stream.
    if (bytes > most) return { text: '', value: undefined, bytes, tooLarge: true };
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return { text, value: valueOf(text, response.headers.get('content-type')), bytes, tooLarge: false };
}

function valueOf(text: string, mediaType: string | null): unknown {
  if (text === '') return undefined;
  if (!JSON_TYPE.test(mediaType ?? '')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
