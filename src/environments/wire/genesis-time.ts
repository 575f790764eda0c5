/** Times are milliseconds since 1970 (spec environments section 1); an absent one stays absent, never null. */
export function millis(date: Date): number {
  return date.getTime();
}

export function optionalMillis(date: Date | null): number | undefined {
  return date === null ? undefined : date.getTime();
}
