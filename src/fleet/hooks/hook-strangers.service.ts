import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import { FailureLimits } from '../../auth/failure-limits.js';
import type { Origin, Principal } from '../../auth/principal.js';
import { Unauthenticated } from '../../common/errors.js';
import type { Hook } from './hook.entity.js';

/** Turns away whoever calls a hook without knowing its secret. */
@Injectable()
export class HookStrangersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly audit: AuditService,
    private readonly limits: FailureLimits,
  ) {}

  /** Audited, but not without end: who guesses is soon told to wait (429), and no longer written down. */
  async refuse(hook: Hook, why: string, origin: Origin): Promise<never> {
    await this.limits.refused(origin.address);
    const stranger: Principal = {
      userId: null,
      username: 'unknown',
      role: 'viewer',
      tokenId: null,
      writeEnabled: false,
      source: 'hook',
      ...origin,
    };
    const what = { objectType: 'hook', objectId: hook.id, objectRepr: hook.name };
    await this.dataSource.transaction((tx) =>
      this.audit.record(tx, stranger, { action: 'hook.refuse', ...what, after: { why } }),
    );
    throw new Unauthenticated('The signature is not right.', { code: 'invalid_signature' });
  }
}
