import { Module } from '@nestjs/common';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { RootsController } from './roots.controller.js';

@Module({ imports: [UpgradeDialectModule], controllers: [RootsController] })
export class RootsModule {}
