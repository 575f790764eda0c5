import { setImmediate as nextTurn } from 'node:timers/promises';
import { ActionError } from '../../../common/errors.js';
import type { AssetType, BootAction, BootAsset, DesignNode } from '../../designs/design.js';
import type { KnownTemplates } from '../../templates/known-templates.js';
import { renderTemplate } from '../../templates/render-template.js';
import { TemplateError } from '../../templates/template-error.js';
import type { TarFile } from '../archive/gnu-tar.js';
import { bytesOf, PipelineError, type Render, runPipeline } from './pipeline.js';
import { type ActionWords, templateContext } from './template-context.js';

/** A boot action of a node, and what its templates know of it. */
export interface ActionToRender {
  readonly action: BootAction;
  readonly words: ActionWords;
}

/** What rendering needs besides the design. */
export interface RenderMeans {
  readonly known: KnownTemplates;
  readonly signal: AbortSignal;
  fetch(location: string, options: { signal: AbortSignal }): Promise<Buffer>;
}

/** An asset that cannot be rendered. What it says is shown to the node: no key, no login, no query. */
export class AssetFailure extends Error {
  constructor(
    readonly actionId: string,
    actionName: string,
    path: string,
    reason: string,
  ) {
    super(`Boot action ${actionName} asset ${path} failed to render: ${reason}`);
    this.name = new.target.name;
  }
}

/** Of one archive, before it is packed. */
const MOST_BYTES = 64 * 1024 * 1024;

/** All assets of one type, in the order of the document. Throws `AssetFailure` for the first that fails. */
export async function renderAssets(
  node: DesignNode,
  actions: readonly ActionToRender[],
  type: Exclude<AssetType, 'pkg_list'>,
  means: RenderMeans,
): Promise<TarFile[]> {
  const files: TarFile[] = [];
  let size = 0;
  for (const { action, words } of actions) {
    for (const asset of action.assets.filter((one) => one.type === type)) {
      const bytes = await rendered(node, { action, words }, asset, means);
      size += bytes.length;
      const { path, mode } = asset;
      if (size > MOST_BYTES) throw failure(action, words, asset, 'all assets together are too large');
      files.push({ path: path ?? '', mode, bytes });
    }
  }
  return files;
}

async function rendered(
  node: DesignNode,
  { action, words }: ActionToRender,
  asset: BootAsset,
  means: RenderMeans,
): Promise<Buffer> {
  // Anew for every template: one may change what it is given.
  const render: Render = (template) => renderTemplate(template, templateContext(node, words), means);
  try {
    // Templates hold the only thread: others get their turn between two of them, and so does the clock that ends this.
    await nextTurn();
    means.signal.throwIfAborted();
    const data = await sourceOf(asset, render, means);
    return bytesOf(runPipeline(asset.dataPipeline, data, render));
  } catch (error) {
    throw failure(action, words, asset, reasonOf(error, means.signal));
  }
}

/** `location` wins over `data`. */
async function sourceOf(asset: BootAsset, render: Render, { fetch, signal }: RenderMeans): Promise<Buffer> {
  if (asset.location === null) return bytesOf(asset.data ?? '');
  const location = runPipeline(asset.locationPipeline, asset.location, render);
  return fetch(bytesOf(location).toString('utf8'), { signal });
}

function failure(
  { name }: BootAction,
  { actionId, key }: ActionWords,
  { path }: BootAsset,
  reason: string,
): AssetFailure {
  // A location may hold the key, and an error may hold a part of a location.
  const told = reason.replaceAll(key, '[key]');
  return new AssetFailure(actionId, name, path ?? '', told);
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  const isKnown = error instanceof TemplateError || error instanceof PipelineError || error instanceof ActionError;
  if (isKnown) return error.message;
  if (signal.aborted) return 'it took too long';
  throw error;
}
