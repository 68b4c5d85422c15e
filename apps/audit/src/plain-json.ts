/** JSON that Postgres can also take apart: it has no NUL and no half characters, which JSON may hold. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'string' ? part.replaceAll('\0', '\ufffd').toWellFormed() : part,
  );
}
