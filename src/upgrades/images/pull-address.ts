import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { Image } from './image.entity.js';

/** Where devices pull our own images from; the token in it is what keeps others out. */
@Injectable()
export class PullAddress {
  constructor(private readonly config: Config) {}

  of(image: Image): string {
    return `${this.base()}/api/images/files/${image.id}/${encodeURIComponent(image.filename)}?token=${image.pullToken}`;
  }

  private base(): string {
    const { imageUrl, host, port } = this.config.values;
    if (imageUrl !== undefined) return imageUrl.replace(/\/+$/, '');
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }
}
