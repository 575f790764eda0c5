import { Module } from '@nestjs/common';
import { EventsController } from './api/events.controller.js';
import { EventStreamsService } from './api/event-streams.service.js';
import { EventFeedService } from './event-feed.service.js';
import { EventLogService } from './event-log.service.js';
import { EventMetrics } from './event-metrics.js';
import { EventRetentionService } from './event-retention.service.js';
import { SequencerService } from './sequencer.service.js';

/** What happened, in order, and the stream of it. Triggers write it (migration fleet-events). */
@Module({
  controllers: [EventsController],
  providers: [
    EventFeedService,
    EventLogService,
    EventMetrics,
    EventRetentionService,
    EventStreamsService,
    SequencerService,
  ],
  exports: [EventFeedService, EventLogService, SequencerService],
})
export class EventsModule {}
