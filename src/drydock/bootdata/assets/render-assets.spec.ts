import type { BootAction, BootAsset, DesignNode } from '../../designs/design.js';
import { KnownTemplates } from '../../templates/known-templates.js';
import { AssetFailure, renderAssets } from './render-assets.js';

const NODE = { name: 'n1', tags: [], labels: [], addresses: [], interfaces: [] } as unknown as DesignNode;
const WORDS = { actionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', key: 'ab'.repeat(32), reportUrl: 'http://s/', designRef: 'd' };

function actionOf(...data: readonly string[]): BootAction {
  const pipelines = { locationPipeline: [], dataPipeline: ['utf8_decode', 'template'], packages: [] };
  const assets = data.map((text, index) => ({
    type: 'file',
    path: `/${index}`,
    mode: 0o600,
    data: text,
    location: null,
    ...pipelines,
  }));
  return { name: 'a', signaling: true, targets: ['n1'], assets: assets as unknown as BootAsset[] };
}

function render(action: BootAction, signal: AbortSignal) {
  const means = { known: new KnownTemplates(), signal, fetch: () => Promise.reject(new Error('nothing is fetched')) };
  return renderAssets(NODE, [{ action, words: WORDS }], 'file', means);
}

describe('rendering the assets of a node', () => {
  it('lets timers run between two of them, and ends with its time', async () => {
    const slow = '{% for i in range(20000) %}{{ i }}{% endfor %}';
    const ended = render(actionOf(...Array<string>(1_000).fill(slow)), AbortSignal.timeout(50));
    await expect(ended).rejects.toThrow(AssetFailure);
    await expect(ended).rejects.toThrow(/^Boot action a asset \/\d+ failed to render: it took too long$/);
  });

  it('makes no archive larger than its limit', async () => {
    const large = actionOf(...Array<string>(30).fill("{{ 'x' * 3000000 }}"));
    await expect(render(large, new AbortController().signal)).rejects.toThrow(/all assets together are too large$/);
  });
});
