/** One form for every moment, `2026-11-21 06:10:39.043000+00:00`, which both Python's parsers and people read (spec drydock section 4.2). */
export function drydockTime(at: Date): string {
  return `${at.toISOString().replace('T', ' ').replace('Z', '')}000+00:00`;
}
