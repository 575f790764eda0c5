export interface FileServerAddress {
  readonly protocol: string;
  readonly address: string;
  readonly port: number | null;
  readonly basePath: string;
  readonly username: string | null;
  readonly password: string | null;
}

/** Where a file lies on a server, with the login in it: for a driver, never for an answer or a log. */
export function fileServerUrl(server: FileServerAddress, path: string): string {
  const host = server.address.includes(':') ? `[${server.address}]` : server.address;
  const login =
    server.username === null
      ? ''
      : `${encodeURIComponent(server.username)}${server.password === null ? '' : `:${encodeURIComponent(server.password)}`}@`;
  const segments = `${server.basePath}/${path}`.split('/').filter((segment) => segment !== '' && segment !== '.');
  const port = server.port === null ? '' : `:${server.port}`;
  return `${server.protocol}://${login}${host}${port}/${segments.map(encodeURIComponent).join('/')}`;
}
