import { Module } from '@nestjs/common';
import { AuditedRows } from './audited-rows.js';

/** For every part of the domain that changes rows of its own. */
@Module({ providers: [AuditedRows], exports: [AuditedRows] })
export class AuditedRowsModule {}
