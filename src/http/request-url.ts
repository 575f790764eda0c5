/** The part of a request that says under which address the client reached us. */
export interface AddressedRequest {
  readonly protocol: string;
  readonly host: string;
  readonly url: string;
}

/** `http://host:port`, from the Host header as the client sent it; a header no URL can hold falls back to localhost. */
export function originOf(request: AddressedRequest): string {
  const origin = `${request.protocol}://${request.host}`;
  return URL.canParse(origin) && request.host !== '' ? new URL(origin).origin : `${request.protocol}://localhost`;
}

/** The absolute URL of this request. */
export function urlOf(request: AddressedRequest): string {
  const url = `${originOf(request)}${request.url}`;
  return URL.canParse(url) ? url : originOf(request);
}
