import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { SecretBox, UnreadableSecret } from '../config/secret-box.js';
import { InvalidSettings } from '../config/settings.js';
import { KeyCheck } from './key-check.entity.js';

const KNOWN_TEXT = 'slipway';

/**
 * Refuses to start with another SLIPWAY_SECRET_KEY than the one that stored the secrets of this database: without this,
 * every device password would fail in the middle of a rollout instead.
 */
@Injectable()
export class KeyCheckService implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly secrets: SecretBox,
  ) {}

  async onModuleInit(): Promise<void> {
    const rows = this.database.getRepository(KeyCheck);
    const sealed = this.secrets.encrypt(KNOWN_TEXT);
    // Of processes that start together one stores its row, and all compare with what is stored.
    await rows.createQueryBuilder().insert().values({ id: 1, sealed }).orIgnore().execute();
    const stored = await rows.findOneByOrFail({ id: 1 });
    if (!this.opens(stored.sealed)) {
      throw new InvalidSettings([
        'SLIPWAY_SECRET_KEY is not the key this database was started with, so its stored passwords cannot be read. ' +
          'Set the old key again (with the embedded database it is the file "secret-key" in SLIPWAY_DATA_DIR)',
      ]);
    }
  }

  private opens(sealed: string): boolean {
    try {
      return this.secrets.decrypt(sealed) === KNOWN_TEXT;
    } catch (error) {
      if (error instanceof UnreadableSecret) return false;
      throw error;
    }
  }
}
