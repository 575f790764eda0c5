import { Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { DrydockController } from './drydock-controller.decorator.js';
import { TakesRule } from './drydock-rules.js';
import { HealthProblems } from './health-problems.service.js';
import { healthView } from './health.view.js';

/** The same with what is wrong, for those who may see it. */
@DrydockController('health/extended')
export class ExtendedHealthController {
  constructor(private readonly problems: HealthProblems) {}

  @Get()
  @TakesRule('health_data')
  async health(@Res() reply: FastifyReply): Promise<void> {
    const view = healthView(await this.problems.list());
    await reply.code(view.code).send(view);
  }
}
