/** The value with all it holds, so that no request can change what another one sees. For trees of plain data. */
export function frozen<T>(value: T): T {
  const rest: unknown[] = [value];
  for (let item = rest.pop(); item !== undefined; item = rest.pop()) {
    if (typeof item !== 'object' || item === null || Object.isFrozen(item)) continue;
    Object.freeze(item);
    for (const child of Object.values(item)) if (typeof child === 'object' && child !== null) rest.push(child);
  }
  return value;
}
