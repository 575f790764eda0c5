import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Batch } from './batch.entity.js';

export interface ApprovalCheck {
  /** Null: what was approved is still what would be done. Otherwise a sentence that says what has changed. */
  voidBecause(tx: EntityManager, batch: Batch): Promise<string | null>;
}

/** A port: whoever counts approvals is asked once more immediately before an approved batch begins. */
@Injectable()
export class ApprovalChecks {
  private check: ApprovalCheck | null = null;

  register(check: ApprovalCheck): void {
    if (this.check) throw new Error('There is somebody who checks approvals already');
    this.check = check;
  }

  async voidBecause(tx: EntityManager, batch: Batch): Promise<string | null> {
    return (await this.check?.voidBecause(tx, batch)) ?? null;
  }
}
