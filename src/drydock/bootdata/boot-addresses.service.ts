import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Config } from '../../config/config.js';
import { DRYDOCK_PREFIX } from '../wire/drydock-paths.js';

const EVERY_ADDRESS: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '[::1]'],
]);

/** Where nodes report, and where they get their boot data. */
@Injectable()
export class BootAddresses {
  constructor(
    private readonly config: Config,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Ends with `/`: a node appends the id of its action. */
  reportUrl(): string {
    const stated = this.config.values.drydockReportUrl;
    if (stated !== undefined) return `${stated.replace(/\/+$/, '')}/`;
    const { host } = this.config.values;
    const name = EVERY_ADDRESS.get(host) ?? (host.includes(':') ? `[${host}]` : host);
    return `http://${name}:${this.listeningPort()}/${DRYDOCK_PREFIX}/bootactions/`;
  }

  filesUrl(hostname: string): string {
    return `${this.reportUrl()}nodes/${encodeURIComponent(hostname)}/files`;
  }

  unitsUrl(hostname: string): string {
    return `${this.reportUrl()}nodes/${encodeURIComponent(hostname)}/units`;
  }

  /** The real one where the setting says 0. */
  private listeningPort(): number {
    const server = this.adapterHost.httpAdapter.getHttpServer() as { address(): AddressInfo | string | null };
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : this.config.values.port;
  }
}
