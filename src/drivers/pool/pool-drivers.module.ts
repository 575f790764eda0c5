import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { join } from 'node:path';
import { Config } from '../../config/config.js';
import { inheritedEnvironment } from '../../config/inherited-environment.js';
import { ImageBuilder } from '../image-builder/image-builder.js';
import { OpenStackDriver } from '../openstack/openstack-driver.js';
import { FakeCloudStore } from './fake/fake-cloud.store.js';
import { FakeDriver } from './fake/fake-driver.js';
import { LocalDriver } from './local/local-driver.js';
import { PoolDrivers } from './pool-drivers.js';
import { StaticDriver } from './static/static-driver.js';

/** A new kind of provider is added to this list and nowhere else. */
@Module({})
export class PoolDriversModule {
  /** The store is the domain's: drivers know no database. */
  static with(fakeCloudStore: Type<FakeCloudStore>): DynamicModule {
    return {
      module: PoolDriversModule,
      providers: [
        { provide: FakeCloudStore, useClass: fakeCloudStore },
        {
          provide: PoolDrivers,
          useFactory: (store: FakeCloudStore) =>
            new PoolDrivers([new OpenStackDriver(), new StaticDriver(), new LocalDriver(), new FakeDriver(store)]),
          inject: [FakeCloudStore],
        },
        { provide: ImageBuilder, useFactory: imageBuilder, inject: [Config] },
      ],
      exports: [FakeCloudStore, PoolDrivers, ImageBuilder],
    };
  }
}

function imageBuilder(config: Config): ImageBuilder {
  return new ImageBuilder({
    command: config.values.nodepoolDibCommand,
    recordsFolder: join(config.dataDir, 'nodepool', 'builds'),
    environment: inheritedEnvironment(),
  });
}
