import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { NodepoolConfig } from './nodepool-config.js';

interface StoreEvents {
  /** The file was read again, well or not. */
  read: [];
}

/** The config as it was last read well. */
@Injectable()
export class NodepoolConfigStore {
  readonly events = new EventEmitter<StoreEvents>();

  /** Null where no file is named, and while none was ever good. */
  current(): NodepoolConfig | null {
    return null;
  }

  /** What is wrong with the file as it is now; null when nothing is. */
  problem(): string | null {
    return null;
  }
}
