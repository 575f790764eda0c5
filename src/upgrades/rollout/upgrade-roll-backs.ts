import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { JobSpec } from '../../orchestration/batches.service.js';
import { freshSteps } from '../../orchestration/go-on.js';
import type { Job } from '../../orchestration/job.entity.js';
import type { RollBack } from '../../orchestration/step-handler.js';
import { sameVersion } from '../../drivers/version.js';
import { activationBaseline } from './steps/activation-step.js';
import type { UpgradeInput } from './upgrade-subject.js';

interface OldImage {
  readonly id: number;
  readonly filename: string;
  readonly version: string;
  readonly platform: string | null;
}

interface KnownDevice {
  readonly id: number;
  readonly hostname: string;
  readonly platform: string;
  readonly version: string | null;
}

/** Names in a refusal; more would help nobody. */
const MOST_NAMES = 5;

/** Takes devices back to the version they ran before: an upgrade to the old image, with the same steps. */
@Injectable()
export class UpgradeRollBacks implements RollBack {
  /** It can be promised only where the old version is known and its image is at hand. */
  async refuse(tx: EntityManager, jobs: readonly JobSpec[]): Promise<string | null> {
    const images = await readImages(tx);
    const devices = await readDevices(tx, jobs);
    const without = devices.filter((device) => !imageFor(images, device.platform, device.version));
    if (without.length === 0) return null;
    const names = without.slice(0, MOST_NAMES).map(({ hostname, version }) => `${hostname} (${version ?? 'unknown'})`);
    const more = without.length > MOST_NAMES ? ` and ${without.length - MOST_NAMES} more` : '';
    return `there is no image of the version that now runs on ${names.join(', ')}${more}`;
  }

  /** Only devices on which an activation was begun: what they ran before it is in its record. */
  async plan(tx: EntityManager, jobs: readonly Job[]): Promise<JobSpec[]> {
    const images = await readImages(tx);
    const platforms = new Map((await readDevices(tx, jobs)).map(({ id, platform }) => [id, platform]));
    return jobs.flatMap((job): JobSpec[] => {
      const input = job.input as UpgradeInput;
      const platform = platforms.get(input.deviceId);
      const before = activationBaseline(job.steps)?.version;
      const image = platform === undefined ? undefined : imageFor(images, platform, before ?? null);
      if (!image || sameVersion(image.version, input.imageVersion)) return [];
      return [toOldImage(job, input, image)];
    });
  }
}

function toOldImage(job: Job, input: UpgradeInput, image: OldImage): JobSpec {
  const { targetKind, targetId, label, critical, site, tags } = job;
  const back: UpgradeInput = {
    ...input,
    imageId: image.id,
    imageFilename: image.filename,
    imageVersion: image.version,
    activate: true,
    allowDowngrade: true,
    remarks: `Roll back of job ${job.id}`,
  };
  return { targetKind, targetId, label, critical, site, tags, input: back, steps: freshSteps(job.steps) };
}

function imageFor(images: readonly OldImage[], platform: string, version: string | null): OldImage | undefined {
  if (version === null || version === '') return undefined;
  const fits = (image: OldImage) => image.platform === null || image.platform === platform;
  return images.find((image) => fits(image) && sameVersion(image.version, version));
}

async function readImages(tx: EntityManager): Promise<OldImage[]> {
  return tx.query(`select id, filename, version, platform from images where status = 'ready' order by id desc`);
}

async function readDevices(tx: EntityManager, jobs: readonly Pick<Job, 'input'>[]): Promise<KnownDevice[]> {
  const ids = jobs.map(({ input }) => (input as UpgradeInput).deviceId);
  return tx.query('select id, hostname, platform, version from devices where id = any($1::integer[]) order by id', [
    ids,
  ]);
}
