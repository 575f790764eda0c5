import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { errorAnswer } from './error-answer.js';

/** Words every error of the Upgrade dialect's routes; what nobody expected is logged here, once, and answered bare. */
@Catch()
export class UpgradeErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(UpgradeErrorFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const answer = errorAnswer(error);
    if (answer.unexpected) this.logger.error(error);
    if (reply.sent) return;
    void reply.status(answer.status).headers(answer.headers).send(answer.body);
  }
}
