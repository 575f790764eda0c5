import type { Span } from '../../../orchestration/calendar/spans.js';
import type { PageView } from '../../api/page.dto.js';
import type { MaintenanceWindow } from '../maintenance-window.entity.js';

export class WindowView {
  id: number;
  name: string;
  description: string;
  kind: string;
  scope: string;
  sites: string[];
  tags: string[];
  zone: string;
  /** By the wall clock of the zone. */
  starts_at: string;
  duration_min: number;
  recurrence: string | null;
  enabled: boolean;
  version: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export class WindowPage implements PageView<WindowView> {
  items: WindowView[];
  next_cursor: string | null;
}

export class OpeningView {
  from: Date;
  until: Date;
}

export class OpeningListView {
  items: OpeningView[];
}

export function toWindowView(window: MaintenanceWindow): WindowView {
  return {
    id: window.id,
    name: window.name,
    description: window.description,
    kind: window.kind,
    scope: window.scope,
    sites: window.sites,
    tags: window.tags,
    zone: window.zone,
    starts_at: window.startsLocal,
    duration_min: window.durationMin,
    recurrence: window.recurrence,
    enabled: window.enabled,
    version: window.version,
    created_by: window.createdByName,
    created_at: window.createdAt,
    updated_at: window.updatedAt,
  };
}

export function toOpeningsView(spans: readonly Span[]): OpeningListView {
  return { items: spans.map(({ start, end }) => ({ from: new Date(start), until: new Date(end) })) };
}
