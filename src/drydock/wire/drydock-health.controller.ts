import { Controller, Get, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DRYDOCK_PREFIX } from './drydock-paths.js';
import { HealthProblems } from './health-problems.service.js';

/** For whoever only wants to know whether it works: a status and no body (spec drydock section 5). */
@Controller(`${DRYDOCK_PREFIX}/health`)
@ApiTags('drydock')
export class DrydockHealthController {
  constructor(private readonly problems: HealthProblems) {}

  @Get()
  async health(@Res() reply: FastifyReply): Promise<void> {
    const problems = await this.problems.list();
    await reply.code(problems.length === 0 ? 204 : 503).send();
  }
}
