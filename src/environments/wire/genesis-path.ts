const GENESIS_PATH = /^\/+rest(?=[/?#]|$)/;
const SIGN_PATHS = /^\/(?:signin|logout)\/?$/;

/**
 * Brings the paths of this dialect to one form: its Ruby client asks for `/rest//settings` (spec environments section 1). What
 * stands behind the path stays as it is.
 */
export function normaliseGenesisUrl(url: string): string {
  if (!GENESIS_PATH.test(url)) return url;
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  const single = path.replace(/\/{2,}/g, '/');
  return `${single.length > 1 && single.endsWith('/') ? single.slice(0, -1) : single}${end === -1 ? '' : url.slice(end)}`;
}

/** Is this one of the paths behind the log-in? */
export function isRestPath(path: string): boolean {
  return /^\/rest(?:\/|$)/.test(path);
}

export function isGenesisPath(path: string): boolean {
  return isRestPath(path) || SIGN_PATHS.test(path);
}
