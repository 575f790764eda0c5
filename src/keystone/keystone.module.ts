import { Module } from '@nestjs/common';
import { DialectErrors } from '../http/dialect-errors.js';
import { KEYSTONE_ERRORS } from './api/keystone-errors.js';
import { V2Controller } from './api/v2.controller.js';
import { V3Controller } from './api/v3.controller.js';
import { VersionsController } from './api/versions.controller.js';
import { ExternalKeystoneService } from './external/external-keystone.service.js';
import { KeystoneBodies } from './keystone-bodies.js';
import { KeystoneTokens } from './keystone-tokens.service.js';

/** Identity as OpenStack's clients know it: our own users and tokens under `/keystone`, and those of a Keystone elsewhere. */
@Module({
  controllers: [V2Controller, V3Controller, VersionsController],
  providers: [ExternalKeystoneService, KeystoneBodies, KeystoneTokens],
  exports: [ExternalKeystoneService],
})
export class KeystoneModule {
  constructor(errors: DialectErrors) {
    errors.register(KEYSTONE_ERRORS);
  }
}
