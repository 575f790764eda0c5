/** Keystone writes microseconds. */
export function micros(at: Date): string {
  return at.toISOString().replace(/Z$/, '000Z');
}

/** v2.0 has whole seconds for the end of a token. */
export function seconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}
