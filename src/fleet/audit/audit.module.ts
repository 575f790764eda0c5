import { Module } from '@nestjs/common';
import { AuditController } from './api/audit.controller.js';
import { AuditReads } from './audit-reads.service.js';

@Module({ controllers: [AuditController], providers: [AuditReads] })
export class FleetAuditModule {}
