import { ImageBuilder, type ImageBuilderSettings } from '../../src/drivers/image-builder/image-builder.js';
import type { ImageBuild } from '../../src/drivers/image-builder/build-command.js';
import { LocalDriver } from '../../src/drivers/pool/local/local-driver.js';
import type { PoolProviderSettings, ServerWish } from '../../src/drivers/pool/pool-provider.js';
import { testIo } from './pool-support.js';

/** Stands for a Slipway that starts something and is killed before it can do anything more about it. */
const [act, text = '{}'] = process.argv.slice(2);

if (act === 'build') {
  const { settings, build } = JSON.parse(text) as { settings: ImageBuilderSettings; build: ImageBuild };
  await new ImageBuilder(settings).start(build);
  process.stdout.write('started\n');
} else {
  const { settings, wish } = JSON.parse(text) as { settings: PoolProviderSettings; wish: ServerWish };
  const id = await new LocalDriver().open(settings).createServer(wish, testIo());
  process.stdout.write(`${id}\n`);
}
setInterval(() => undefined, 60_000);
