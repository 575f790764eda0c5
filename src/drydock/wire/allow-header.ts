/** Methods as Falcon lists them: by name, and without the HEAD that the plumbing has for every GET. */
export function allowHeader(methods: unknown): string {
  const names = Array.isArray(methods) ? methods.filter((name) => typeof name === 'string') : [];
  return names
    .filter((name) => name !== 'HEAD')
    .sort()
    .join(', ');
}
