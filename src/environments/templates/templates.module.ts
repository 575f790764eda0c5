import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessModule } from '../access/access.module.js';
import { ProjectsModule } from '../projects/projects.module.js';
import { UsedTemplate } from '../records/used-template.entity.js';
import { TemplateErrorsController } from './api/template-errors.controller.js';
import { TemplatesController } from './api/templates.controller.js';
import { DataSources } from './inputs/data-sources.service.js';
import { TemplatesService } from './templates.service.js';
import { WorkflowInputs } from './workflow-inputs.service.js';

/** Templates: read from files, described, and their variables checked. */
@Module({
  imports: [AccessModule, ProjectsModule, TypeOrmModule.forFeature([UsedTemplate])],
  controllers: [TemplatesController, TemplateErrorsController],
  providers: [TemplatesService, WorkflowInputs, DataSources],
  exports: [TemplatesService, WorkflowInputs],
})
export class TemplatesModule {}
