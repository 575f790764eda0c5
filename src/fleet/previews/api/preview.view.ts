import type { Forecast } from '../../calendar/forecast.js';
import type { BatchTimes } from '../../batches/batch-rules.js';
import type { PreparedBatch, PreparedTarget, PreparedWave } from '../../batches/prepared-batch.js';

export class PreviewTargetView {
  kind: string;
  id: string;
  label: string;
  site: string | null;
  tags: string[];
  version: string | null;
  /** What is done to it, in order. */
  steps: string[];
}

export class PreviewWaveView {
  wave: number;
  label: string;
  targets_total: number;
  /** At the earliest: when it opens, when its first and its last target are begun with, and when it is over. */
  opens_at: Date | null;
  first_start_at: Date | null;
  last_start_at: Date | null;
  ends_at: Date | null;
  soak_s: number;
  /** The first of them, in the order in which they are begun with. */
  targets: PreviewTargetView[];
}

export class PreviewRefusedView {
  id: string;
  code: string;
  message: string;
}

/** What a batch would be. Nothing of it is stored. */
export class PreviewView {
  action: string;
  kind: string;
  dialect: string;
  targets_total: number;
  scheduled_for: Date | null;
  deadline: Date | null;
  approvals_needed: number;
  waves: PreviewWaveView[];
  /** Left out, since the request says to skip them. */
  refused: PreviewRefusedView[];
}

const MOST_REFUSED = 100;

export function toPreviewView(batch: PreparedBatch, times: BatchTimes, forecast: Forecast, most: number): PreviewView {
  return {
    action: batch.request.action,
    kind: batch.kind.kind,
    dialect: batch.kind.dialect,
    targets_total: batch.targetCount,
    scheduled_for: times.scheduledFor,
    deadline: times.deadline,
    approvals_needed: batch.request.approval?.needed ?? 0,
    waves: batch.waves.map((wave, index) => toWaveView(wave, index, forecast, most)),
    refused: batch.refused.slice(0, MOST_REFUSED).map(({ id, code, message }) => ({ id, code, message })),
  };
}

function toWaveView(wave: PreparedWave, index: number, { waves }: Forecast, most: number): PreviewWaveView {
  const times = waves[index];
  const date = (moment: number | null | undefined) =>
    moment === null || moment === undefined ? null : new Date(moment);
  return {
    wave: index,
    label: wave.label,
    targets_total: wave.targets.length,
    opens_at: date(times?.opensAt),
    first_start_at: date(times?.firstStart),
    last_start_at: date(times?.lastStart),
    ends_at: date(times?.endsAt),
    soak_s: wave.gate?.soakS ?? 0,
    targets: wave.targets.slice(0, most).map(toTargetView),
  };
}

function toTargetView({ target, job }: PreparedTarget): PreviewTargetView {
  const { kind, id, label, site, tags, version } = target;
  const steps = job.steps.filter(({ skip }) => skip === undefined).map(({ name }) => name);
  return { kind, id, label, site, tags: [...tags], version, steps };
}
