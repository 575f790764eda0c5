import { Module } from '@nestjs/common';
import { KeystoneModule } from '../../keystone/keystone.module.js';
import { DesignResolver } from './design-resolver.js';

@Module({ imports: [KeystoneModule], providers: [DesignResolver], exports: [DesignResolver] })
export class LocationsModule {}
