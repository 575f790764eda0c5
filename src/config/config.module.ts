import { type DynamicModule, Module } from '@nestjs/common';
import { Config } from './config.js';
import { resolveSecretKey, SecretBox } from './secret-box.js';

/** Hands the one `Config` of this process, and the box its key opens, to everything; inject them by their class. */
@Module({})
export class ConfigModule {
  static for(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Config, useValue: config },
        { provide: SecretBox, useFactory: () => new SecretBox(resolveSecretKey(config)) },
      ],
      exports: [Config, SecretBox],
    };
  }
}
