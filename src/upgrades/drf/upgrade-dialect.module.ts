import { Module } from '@nestjs/common';
import { DialectErrors } from '../../http/dialect-errors.js';
import { UPGRADE_ERRORS } from './upgrade-errors.js';

/** Says once, at start, how refusals under the Upgrade dialect's paths are worded. */
@Module({})
export class UpgradeDialectModule {
  constructor(errors: DialectErrors) {
    errors.register(UPGRADE_ERRORS);
  }
}
