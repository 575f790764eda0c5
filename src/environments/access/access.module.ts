import { Module } from '@nestjs/common';
import { AccessService } from './access.service.js';
import { GenesisSettingsService } from './genesis-settings.service.js';
import { GrantsService } from './grants.service.js';
import { SubjectsService } from './subjects.service.js';

const SERVICES = [AccessService, GenesisSettingsService, GrantsService, SubjectsService];

/** Who may do what in the OpenGenesis dialect. */
@Module({ providers: SERVICES, exports: SERVICES })
export class AccessModule {}
