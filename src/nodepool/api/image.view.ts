import type { DibImage } from '../dib-image.entity.js';
import type { ProviderImage } from '../provider-image.entity.js';
import { stateName } from '../states.js';
import { ageOf, epoch } from './node.view.js';

export interface SnapshotImageView {
  readonly id: number;
  readonly provider_name: string;
  readonly image_name: string;
  readonly hostname: string | null;
  readonly version: number | null;
  readonly external_id: string | null;
  readonly server_external_id: string | null;
  readonly _state: number;
  readonly state_time: number;
  readonly state: string;
  readonly age: number;
  readonly last_error: string | null;
}

/** An image in a provider: the keys up to `state_time` are the original's (spec nodepool section 1.4), the others ours. */
export function toSnapshotImageView(image: ProviderImage, now: Date): SnapshotImageView {
  return {
    id: image.id,
    provider_name: image.providerName,
    image_name: image.imageName,
    hostname: image.hostname,
    version: image.version,
    external_id: image.externalId,
    server_external_id: image.serverExternalId,
    _state: image.state,
    state_time: epoch(image.stateTime),
    state: stateName(image.state) ?? String(image.state),
    age: ageOf(image.stateTime, now),
    last_error: image.lastError,
  };
}

export interface DibImageView {
  readonly id: number;
  readonly image_name: string;
  readonly filename: string;
  readonly version: number | null;
  readonly _state: number;
  readonly state_time: number;
  readonly state: string;
  readonly age: number;
  readonly formats: readonly string[];
  readonly last_error: string | null;
}

/** A build on our disk: the keys up to `state_time` are the original's, the others ours. */
export function toDibImageView(dib: DibImage, now: Date): DibImageView {
  return {
    id: dib.id,
    image_name: dib.imageName,
    filename: dib.filename,
    version: dib.version,
    _state: dib.state,
    state_time: epoch(dib.stateTime),
    state: stateName(dib.state) ?? String(dib.state),
    age: ageOf(dib.stateTime, now),
    formats: dib.formats,
    last_error: dib.lastError,
  };
}
