import type { Moment } from './wall-clock.js';

/** From `start` on, `end` not included. */
export interface Span {
  readonly start: Moment;
  readonly end: Moment;
}

/** In order, apart from one another: what the functions below take and give. */
export type Spans = readonly Span[];

export function union(spans: readonly Span[]): Spans {
  const sorted = spans.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  const merged: { start: Moment; end: Moment }[] = [];
  for (const { start, end } of sorted) {
    const last = merged.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

export function intersection(left: Spans, right: Spans): Spans {
  const common: Span[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    const start = Math.max(left[l]!.start, right[r]!.start);
    const end = Math.min(left[l]!.end, right[r]!.end);
    if (start < end) common.push({ start, end });
    if (left[l]!.end < right[r]!.end) l += 1;
    else r += 1;
  }
  return common;
}

export function difference(spans: Spans, without: Spans): Spans {
  return without.length === 0 ? spans : intersection(spans, complement(without));
}

function complement(spans: Spans): Spans {
  const edges = [-Infinity, ...spans.flatMap(({ start, end }) => [start, end]), Infinity];
  const gaps: Span[] = [];
  for (let at = 0; at < edges.length; at += 2) gaps.push({ start: edges[at]!, end: edges[at + 1]! });
  return gaps;
}
