import { Injectable } from '@nestjs/common';
import { Unavailable } from '../common/errors.js';
import { NodepoolWork } from './nodepool-work.js';

/** Stands in until the engine is there: wishes are recorded and nobody acts on them. */
@Injectable()
export class IdleNodepoolWork extends NodepoolWork {
  deleteNode(): Promise<void> {
    return Promise.resolve();
  }

  deleteImage(): Promise<void> {
    return Promise.resolve();
  }

  deleteDib(): Promise<void> {
    return Promise.resolve();
  }

  buildDib(): Promise<string> {
    return Promise.reject(new Unavailable('There is no engine'));
  }

  uploadDib(): Promise<string> {
    return Promise.reject(new Unavailable('There is no engine'));
  }

  updateImage(): Promise<string> {
    return Promise.reject(new Unavailable('There is no engine'));
  }

  waitFor(): Promise<boolean> {
    return Promise.resolve(true);
  }

  alienServers(): Promise<[]> {
    return Promise.resolve([]);
  }

  alienImages(): Promise<[]> {
    return Promise.resolve([]);
  }
}
