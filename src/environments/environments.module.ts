import { Module } from '@nestjs/common';

/** The OpenGenesis dialect: projects, templates, environments and their workflows. */
@Module({ imports: [] })
export class EnvironmentsModule {}
