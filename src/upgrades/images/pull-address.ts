import { networkInterfaces } from 'node:os';
import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../../config/config.js';
import type { Image } from './image.entity.js';

const EVERY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

/** Where devices pull our own images from; the token in it is what keeps others out. */
@Injectable()
export class PullAddress {
  constructor(
    private readonly config: Config,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  of(image: Image): string {
    return `${this.base()}/api/images/files/${image.id}/${encodeURIComponent(image.filename)}?token=${image.pullToken}`;
  }

  private base(): string {
    const { imageUrl, host, port } = this.config.values;
    if (imageUrl !== undefined) return imageUrl.replace(/\/+$/, '');
    const name = EVERY_ADDRESS.has(host) ? reachableAddress() : host;
    return `http://${name.includes(':') ? `[${name}]` : name}:${this.listeningPort() ?? port}`;
  }

  /** The real one where the setting says 0. */
  private listeningPort(): number | undefined {
    const server = this.adapterHost.httpAdapter.getHttpServer() as { address(): AddressInfo | string | null };
    const address = server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }
}

/** A guess for a server that listens on every address: SLIPWAY_IMAGE_URL is there to be right. */
function reachableAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((one) => one.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
}
