import { createHash } from 'node:crypto';
import { emulatedImage } from '../drivers/emulator/emulated-image.js';
import type { EmulatedSwitch } from '../drivers/emulator/emulated-switch.js';
import type { ApiClient } from './api-client.js';
import { LOGIN, MODEL, NEW_VERSION, OLD_VERSION } from './demo-fleet.js';

export const IMAGE = `cat9k_iosxe.${NEW_VERSION}.SPA.bin`;
const IMAGE_BYTES = 6 * 1024 * 1024;

interface Row {
  readonly id: number;
}

interface ImageRow extends Row {
  readonly md5_checksum: string | null;
  readonly status: string;
}

interface JobRow extends Row {
  readonly device_hostname: string;
  readonly status: string;
}

/** The documented four steps; only that they look again every second, and do not wait long for what is not coming. */
const STEPS = [
  { name: 'Readiness Check', step_type: 'readiness', config: { snapshot: true, retry_delay: 1 } },
  { name: 'Distribution', step_type: 'distribution', config: { retry_delay: 1 } },
  { name: 'Activation', step_type: 'activation', config: { poll_interval: 1, quiet: 5, timeout: 180 } },
  { name: 'Post-Checks', step_type: 'postcheck', config: { poll_interval: 1, convergence: 5, timeout: 60 } },
];

/** Puts into the inventory what the demo upgrades and upgrades with. Returns the id of the workflow. */
export async function prepareInventory(api: ApiClient, fleet: readonly EmulatedSwitch[]): Promise<number> {
  await cancelLeftovers(api, fleet);
  const image = await provideImage(api);
  await api.ensure<Row>('/api/dcim/device-models/', 'name', { name: MODEL, vendor: 'Cisco', default_image: image.id });
  for (const one of fleet) await api.ensure<Row>('/api/dcim/devices/', 'hostname', deviceOf(one));
  return provideWorkflow(api);
}

/** Its version is put back as well: these are new switches under the old names. */
function deviceOf(one: EmulatedSwitch) {
  return {
    hostname: one.options.hostname,
    ip_address: one.options.address,
    port: one.port,
    platform: 'iosxe',
    model: MODEL,
    site: 'Demo',
    serial: one.options.serial,
    version: OLD_VERSION,
    host_key: one.hostKeyFingerprint,
    ...LOGIN,
    tags: ['demo'],
  };
}

/** An earlier run may have been stopped before all of its upgrades had begun. */
async function cancelLeftovers(api: ApiClient, fleet: readonly EmulatedSwitch[]): Promise<void> {
  const ours = new Set(fleet.map((one) => one.options.hostname));
  const jobs = await api.find<JobRow>('/api/core/jobs/', {});
  const left = jobs.filter((job) => ours.has(job.device_hostname) && ['pending', 'scheduled'].includes(job.status));
  if (left.length > 0) await api.post('/api/upgrade/cancel/', { job_ids: left.map(({ id }) => id) });
}

/** Uploads the image, unless an earlier run did and its bytes are still there. */
async function provideImage(api: ApiClient): Promise<Row> {
  const bytes = emulatedImage(NEW_VERSION, IMAGE_BYTES);
  const md5 = createHash('md5').update(bytes).digest('hex');
  for (const image of await api.find<ImageRow>('/api/images/images/', { filename: IMAGE })) {
    const isSame = image.md5_checksum === md5 && image.status === 'ready';
    if (isSame && (await api.hasBytes(`/api/images/images/${image.id}/download/`))) return image;
  }
  return api.upload<Row>('/api/images/images/', IMAGE, bytes, { version: NEW_VERSION, platform: 'iosxe' });
}

async function provideWorkflow(api: ApiClient): Promise<number> {
  const { id } = await api.ensure<Row>('/api/core/workflows/', 'name', {
    name: 'Demo',
    description: 'The four steps of the default workflow, looking again every second.',
  });
  await api.post(`/api/core/workflows/${id}/update_steps/`, STEPS);
  return id;
}
