import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { HttpCaller } from '../../drivers/http-call/http-caller.js';
import { ExternalKeystoneService } from '../../keystone/external/external-keystone.service.js';
import { FileLocations } from './file-locations.js';
import { readLocation } from './location.js';
import { locationFailure } from './location-failure.js';
import { WebLocations } from './web-locations.js';

export const LARGEST_LOCATION = 16 * 1024 * 1024;
const MOST_MILLISECONDS = 10_000;

export interface FetchOptions {
  readonly signal: AbortSignal;
}

/**
 * Gets what a `design_ref` or an asset's `location` names (spec drydock sections 2.3 and 7.5). Each time anew: upstream
 * keeps what it once got, and what it once did not get, until it is restarted.
 */
@Injectable()
export class DesignResolver {
  private readonly files: FileLocations;
  private readonly web: WebLocations;

  constructor({ values }: Config, tokens: ExternalKeystoneService) {
    const caller = new HttpCaller({
      allow: values.drydockLocationAllow,
      allowSetting: 'DRYDOCK_LOCATION_ALLOW',
      mostBytes: LARGEST_LOCATION,
      nameOf: ({ origin }) => origin,
    });
    this.files = new FileLocations(values.drydockDesignRoots, LARGEST_LOCATION);
    this.web = new WebLocations(caller, tokens, MOST_MILLISECONDS);
  }

  /** Throws `ActionError`, whose message holds no secret, within ten seconds. */
  async fetch(ref: string, { signal }: FetchOptions): Promise<Buffer> {
    const location = readLocation(ref);
    if (typeof location === 'string') throw locationFailure('location_refused', location);
    if (location.kind === 'web') return this.web.read(location, signal);
    return this.files.read(location.url, AbortSignal.any([signal, AbortSignal.timeout(MOST_MILLISECONDS)]));
  }
}
