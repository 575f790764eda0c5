import { Module } from '@nestjs/common';
import { EnvironmentStepsModule } from '../steps/environment-steps.module.js';
import { Leftovers } from './leftovers.service.js';

@Module({ imports: [EnvironmentStepsModule], providers: [Leftovers] })
export class LeftoversModule {}
