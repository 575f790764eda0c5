import { Readable } from 'node:stream';
import { Get, Query, StreamableFile } from '@nestjs/common';
import { RequireRole } from '../../../auth/passport/access.decorators.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { toPageView } from '../../api/page.dto.js';
import { strictQuery } from '../../api/strict.pipe.js';
import { AuditReads } from '../audit-reads.service.js';
import { AuditExportQuery, AuditQuery } from './audit.dto.js';
import { AuditPage, toAuditRecordView } from './audit.view.js';

/** The audit trail of every dialect. */
@FleetController('audit')
@RequireRole('admin')
export class AuditController {
  constructor(private readonly reads: AuditReads) {}

  @Get()
  @Answers('Who did what, the newest first', 200, AuditPage)
  async list(@Query(strictQuery(AuditQuery)) query: AuditQuery): Promise<AuditPage> {
    const { user, action, source, after, before } = query;
    const filter = { user, action, source, after, before, objectType: query.object_type, objectId: query.object_id };
    return toPageView(await this.reads.list(filter, query), toAuditRecordView);
  }

  @Get('export')
  @Answers('Every sealed record with its place in the chain, as JSON lines', 200, null, {
    mediaType: 'application/x-ndjson',
  })
  export(@Query(strictQuery(AuditExportQuery)) { after_seq }: AuditExportQuery): StreamableFile {
    const lines = Readable.from(this.reads.exportLines(after_seq), { objectMode: true, highWaterMark: 64 });
    return new StreamableFile(lines, {
      type: 'application/x-ndjson',
      disposition: 'attachment; filename="audit.jsonl"',
    });
  }
}
