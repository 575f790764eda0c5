/**
 * How a path finds its route. A trailing slash makes no difference and never a redirect: clients lose the body of a
 * redirected POST (spec upgrade section 1.1). Two slashes in a row are somebody else's path, so they are left alone.
 */
export const PATH_RULES = { ignoreTrailingSlash: true, caseSensitive: true, maxParamLength: 1024 } as const;

export function pathOf(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}

/**
 * The address without the scheme and host that a proxy may leave before it (RFC 9112, section 3.2.2). The router finds a
 * route either way; what goes by the beginning of a path would take it for nobody's.
 */
export function originForm(url: string): string {
  const [origin] = /^https?:\/\/[^/?#]*/i.exec(url) ?? [''];
  if (origin === '') return url;
  const rest = url.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
