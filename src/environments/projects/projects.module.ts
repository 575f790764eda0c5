import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { ConfigurationsController } from './api/configurations.controller.js';
import { ProjectRolesController } from './api/project-roles.controller.js';
import { ProjectsController } from './api/projects.controller.js';
import { ConfigurationsService } from './configurations.service.js';
import { ProjectMembersService } from './project-members.service.js';
import { ProjectsService } from './projects.service.js';

/** Projects, who is what in them, and their configurations. */
@Module({
  imports: [AccessModule],
  controllers: [ProjectsController, ProjectRolesController, ConfigurationsController],
  providers: [ProjectsService, ProjectMembersService, ConfigurationsService],
  exports: [ConfigurationsService],
})
export class ProjectsModule {}
