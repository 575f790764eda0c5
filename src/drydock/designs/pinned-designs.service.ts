import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { PinnedDesign } from '../records/pinned-design.entity.js';
import type { Design } from './design.js';
import { frozen } from './frozen.js';

/** Designs in use at the same time; each may be megabytes. */
const MOST_KEPT = 4;

/**
 * Designs as they were when a task began to use them: what a node gets does not change under it. Records. The stored text
 * is encrypted, since a design holds the passwords of controllers and whatever its assets are.
 */
@Injectable()
export class PinnedDesigns {
  /** The last ones asked for, the latest last. */
  private readonly kept = new Map<string, Promise<Design>>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
  ) {}

  /** Stores it once, however often it is pinned; who names the digest in the same transaction keeps it. */
  async pin(tx: EntityManager, design: Design): Promise<string> {
    const text = JSON.stringify(design);
    const digest = createHash('sha256').update(text).digest('hex');
    // The time is set anew so that a removal that goes on at this moment lets it be.
    await tx.query(
      `insert into drydock_designs (digest, body) values ($1, $2)
         on conflict (digest) do update set created_at = now()`,
      [digest, this.secrets.encrypt(text)],
    );
    return digest;
  }

  /** Throws `NotFound`. Within a transaction hand it over: no second connection is taken then. */
  async pinned(digest: string, tx?: EntityManager): Promise<Design> {
    const known = this.kept.get(digest);
    const design = known ?? this.read(digest, tx);
    this.kept.delete(digest);
    this.kept.set(digest, design);
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    try {
      return await design;
    } catch (error) {
      if (this.kept.get(digest) === design) this.kept.delete(digest);
      throw error;
    }
  }

  /** Removes what nothing uses any more. Answers how many. */
  async prune(tx: EntityManager): Promise<number> {
    const [, count] = (await tx.query(
      `delete from drydock_designs design
        where created_at < now() - interval '1 hour'
          and not exists (select 1 from drydock_tasks where design_digest = design.digest)
          and not exists (select 1 from drydock_boot_contexts where design_digest = design.digest)`,
    )) as [unknown, number];
    return count;
  }

  private async read(digest: string, tx?: EntityManager): Promise<Design> {
    const row = await (tx ?? this.dataSource.manager).findOneBy(PinnedDesign, { digest });
    if (!row) throw new NotFound('The design is not kept any more');
    return frozen(JSON.parse(this.secrets.decrypt(row.body)) as Design);
  }
}
