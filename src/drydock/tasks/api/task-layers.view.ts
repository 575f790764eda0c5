import type { BuildData } from '../../records/build-data.entity.js';
import type { ShownTask } from '../task-reads.service.js';
import { errorCountOf, toResultView, toTaskView, type Wire } from './task.view.js';

export interface TreeWish {
  readonly layers: number;
  readonly errors: boolean;
  /** Null: not asked for. */
  readonly buildData: ReadonlyMap<string, readonly BuildData[]> | null;
}

/** A task and what is below it, as layers and errors are asked for (spec drydock section 4.3). The top comes first. */
export function toTreeView(tree: readonly ShownTask[], { layers, errors, buildData }: TreeWish): Wire {
  const view = (shown: ShownTask) =>
    buildData === null ? toTaskView(shown) : toTaskView(shown, buildData.get(shown.task.id) ?? []);
  const [top] = tree;
  if (!top) return {};
  const wire: Wire = layers === 0 ? view(top) : { init_task_id: top.task.id };
  if (layers > 0) for (const shown of uppermost(tree, layers)) wire[shown.task.id] = view(shown);
  if (errors) wire['subtask_errors'] = errorsBelow(tree);
  return wire;
}

function uppermost(tree: readonly ShownTask[], layers: number): ShownTask[] {
  const layerOf = new Map<string, number>();
  for (const { task } of tree) layerOf.set(task.id, (layerOf.get(task.parentId ?? '') ?? 0) + 1);
  return tree.filter(({ task }) => layerOf.get(task.id)! <= layers);
}

function errorsBelow([, ...below]: readonly ShownTask[]): Wire {
  const wrong = below.filter(({ messages }) => errorCountOf(messages) > 0);
  return Object.fromEntries(wrong.map((shown) => [shown.task.id, { ...toResultView(shown), task_id: shown.task.id }]));
}
