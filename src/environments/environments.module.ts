import { Module } from '@nestjs/common';
import { EnvsModule } from './envs/envs.module.js';
import { GenesisIdentityModule } from './identity/identity.module.js';
import { LeftoversModule } from './leftovers/leftovers.module.js';
import { ProjectsModule } from './projects/projects.module.js';
import { TemplatesModule } from './templates/templates.module.js';
import { WireModule } from './wire/wire.module.js';

/** The OpenGenesis dialect: projects, templates, environments and their workflows. */
@Module({ imports: [WireModule, GenesisIdentityModule, LeftoversModule, ProjectsModule, TemplatesModule, EnvsModule] })
export class EnvironmentsModule {}
