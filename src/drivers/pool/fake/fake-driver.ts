import { PoolDriver, type PoolProvider, type PoolProviderSettings } from '../pool-provider.js';
import type { FakeCloudStore } from './fake-cloud.store.js';
import { FakeProvider } from './fake-provider.js';

/** A cloud that is not there, for tests and trials: only for providers that say `driver: fake`. */
export class FakeDriver extends PoolDriver {
  readonly name = 'fake';

  constructor(private readonly store: FakeCloudStore) {
    super();
  }

  open(settings: PoolProviderSettings): PoolProvider {
    return new FakeProvider(settings, this.store);
  }
}
