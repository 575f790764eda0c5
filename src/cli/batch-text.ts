import type { BatchAnswer, BatchDetailAnswer, WaveAnswer } from './batch-wire.js';

/** How a batch reads on a terminal. Pure. */
export function headlineOf(batch: BatchAnswer): string {
  const name = batch.name === null ? '' : ` "${batch.name}"`;
  return `batch ${batch.id}${name}, ${batch.dialect}, by ${batch.created_by}`;
}

/** What it is doing, or what became of it, in one sentence. */
export function stateOf(batch: BatchAnswer): string {
  if (batch.outcome !== null) return batch.reason === null ? batch.outcome : `${batch.outcome}: ${batch.reason}`;
  if (batch.paused) return `paused by ${batch.paused_by ?? 'somebody'}`;
  if (batch.approval !== null && batch.approval.approved_at === null) {
    return `waits for approval by ${batch.approval.needed}`;
  }
  if (batch.status === 'scheduled') return `scheduled for ${batch.scheduled_for ?? 'later'}`;
  return batch.status;
}

const COUNTED = ['succeeded', 'failed', 'cancelled', 'running', 'waiting', 'queued', 'pending'] as const;

export function countsOf(batch: BatchDetailAnswer): string {
  const counts = COUNTED.flatMap((status) => {
    const count = batch.jobs[status] ?? 0;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return `${targets(batch.jobs_total)}: ${counts.join(', ') || 'none'}`;
}

export function waveLine(wave: WaveAnswer): string {
  // Numbered as the server does, whose reasons name waves too.
  const name = wave.label === '' ? `wave ${wave.wave}` : `wave ${wave.wave} ${wave.label}`;
  const size = wave.jobs_total === null ? '' : `, ${targets(wave.jobs_total)}`;
  const gate = wave.gate?.reason ? `, gate ${wave.gate.verdict}: ${wave.gate.reason}` : '';
  return `${name}: ${wave.status}${size}${gate}`;
}

function targets(count: number): string {
  return count === 1 ? '1 target' : `${count} targets`;
}

/** A batch as `slipway status` shows it. */
export function batchText(batch: BatchDetailAnswer): string {
  const lines = [headlineOf(batch), `  ${stateOf(batch)}`, `  ${batch.progress} %, ${countsOf(batch)}`];
  return [...lines, ...batch.waves.map((wave) => `  ${waveLine(wave)}`)].join('\n');
}
