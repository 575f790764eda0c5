import { Get, Headers, Query, Res } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Invalid } from '../../../common/errors.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { strictQuery } from '../../api/strict.pipe.js';
import { EventStreamQuery, filterOf } from './events.dto.js';
import { EventStreamsService } from './event-streams.service.js';

@FleetController('events')
export class EventsController {
  constructor(private readonly streams: EventStreamsService) {}

  @Get()
  @Answers('Follow every state change of every batch, wave and job, as server-sent events', 200, null, {
    mediaType: 'text/event-stream',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'the last event you have: what came after it comes first',
  })
  async follow(
    @Query(strictQuery(EventStreamQuery)) query: EventStreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const start = await this.streams.open(positionOf(lastEventId) ?? query.after ?? null);
    reply.hijack();
    void this.streams.serve(reply.raw, filterOf(query), start);
  }
}

/** An empty one is what a browser sends that has had none. */
function positionOf(lastEventId: string | undefined): number | null {
  if (lastEventId === undefined || lastEventId === '') return null;
  const seq = /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : NaN;
  if (Number.isSafeInteger(seq)) return seq;
  throw new Invalid('Last-Event-ID must be the id of an event of this stream.', { code: 'invalid_last_event_id' });
}
