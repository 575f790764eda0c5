import type { Target, TargetAction, TargetKind } from '../../../orchestration/targets/target-kinds.js';
import type { PageView } from '../../api/page.dto.js';

export class TargetActionView {
  name: string;
  summary: string;
  /** `direct`: the batch's own jobs do the work. `delegated`: the dialect makes a batch of its own for each target. */
  mode: TargetAction['mode'];
  /** JSON Schema of `parameters`. */
  parameters: Record<string, unknown>;
}

export class TargetKindView {
  kind: string;
  dialect: string;
  actions: TargetActionView[];
}

export class TargetKindListView {
  items: TargetKindView[];
}

export class TargetView {
  kind: string;
  id: string;
  label: string;
  site: string | null;
  tags: string[];
  version: string | null;
  state: string | null;
}

export class TargetPage implements PageView<TargetView> {
  items: TargetView[];
  next_cursor: string | null;
}

export function toTargetKindView({ kind, dialect, actions }: TargetKind): TargetKindView {
  return {
    kind,
    dialect,
    actions: Object.entries(actions)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, { summary, mode, schema }]) => ({ name, summary, mode, parameters: { ...schema } })),
  };
}

export function toTargetView({ kind, id, label, site, tags, version, state }: Target): TargetView {
  return { kind, id, label, site, tags: [...tags], version, state };
}
