/** The user of a reference with a password: everything up to the last @ of the authority. */
const LOGIN = /^([^/]*\/\/[^/?#:@]*):[^/?#]*@/;

/** A reference as it may be shown, kept in clear and given to templates: the password in it is nobody's to read. */
export function shownRef(ref: string): string {
  return ref.replace(LOGIN, '$1:***@');
}

export function hasPassword(ref: string): boolean {
  return LOGIN.test(ref);
}
