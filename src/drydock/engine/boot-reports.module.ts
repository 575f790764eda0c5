import { Module } from '@nestjs/common';
import { TaskMessages } from '../tasks/task-messages.service.js';
import { BootReports } from './boot-reports.service.js';

/** What boot actions tell the engine: messages, and that one has come to its end. */
@Module({ providers: [BootReports, TaskMessages], exports: [BootReports, TaskMessages] })
export class BootReportsModule {}
