import { resolve } from 'node:path';
import type { FakeBehaviour, StaticNode } from '../../drivers/pool/pool-provider.js';
import { isStorableMeta } from './config-references.js';
import type {
  DiskimageConfig,
  LabelConfig,
  NodepoolConfig,
  ProviderConfig,
  ProviderImageConfig,
  TargetConfig,
} from './nodepool-config.js';
import type {
  RawConfig,
  RawDiskimage,
  RawFake,
  RawLabel,
  RawNetwork,
  RawProvider,
  RawProviderImage,
  RawStaticNode,
  RawTarget,
} from './raw-config.js';

/** Where relative paths of the file lead, and where builds go when the file does not say. */
export interface ConfigPlace {
  readonly folder: string;
  readonly defaultImagesDir: string;
}

const EIGHT_HOURS = 8 * 3600;

/** A checked file in our words, with the original's defaults (spec nodepool section 2.7). */
export function toConfig(raw: RawConfig, place: ConfigPlace): NodepoolConfig {
  const folder = (path: string | undefined): string | null => (path === undefined ? null : resolve(place.folder, path));
  const targets = (raw.targets ?? []).map(toTarget);
  return {
    labels: raw.labels.map(toLabel),
    providers: raw.providers.map(toProvider),
    diskimages: (raw.diskimages ?? []).map(toDiskimage),
    targets: targets.length > 0 ? targets : [toTarget({ name: 'default' })],
    cron: {
      imageUpdate: raw.cron?.['image-update'] ?? '14 2 * * *',
      cleanup: raw.cron?.cleanup ?? '* * * * *',
      check: raw.cron?.check ?? '*/15 * * * *',
    },
    imagesDir: folder(raw['images-dir']) ?? place.defaultImagesDir,
    elementsDir: folder(raw['elements-dir']),
    scriptDir: folder(raw['script-dir']),
    maxHoldAgeS: raw['max-hold-age'] ?? 0,
  };
}

function toLabel(raw: RawLabel): LabelConfig {
  return {
    name: raw.name,
    image: raw.image ?? null,
    minReady: raw['min-ready'] ?? 2,
    providers: raw.providers.map(({ name }) => name),
    readyScript: raw['ready-script'] ?? null,
  };
}

function toProvider(raw: RawProvider): ProviderConfig {
  const driver = raw.driver ?? 'openstack';
  return {
    name: raw.name,
    driver,
    maxServers: raw['max-servers'] ?? raw.nodes?.length ?? 0,
    rateS: raw.rate ?? 1,
    imageType: raw['image-type'] ?? (driver === 'local' ? 'tar' : 'qcow2'),
    bootTimeoutS: raw['boot-timeout'] ?? 60,
    launchTimeoutS: raw['launch-timeout'] ?? 3600,
    apiTimeoutS: raw['api-timeout'] ?? 60,
    availabilityZones: raw['availability-zones'] ?? [],
    keypair: raw.keypair ?? null,
    networks: (raw.networks ?? []).map(toNetwork).filter((name) => name !== ''),
    pool: raw.pool ?? null,
    regionName: raw['region-name'] ?? null,
    templateHostname: raw['template-hostname'] ?? '{image.name}-{timestamp}.template.openstack.org',
    ...toAccount(raw),
    images: driver === 'static' ? [] : (raw.images ?? []).map(toProviderImage),
    nodes: driver === 'static' ? (raw.nodes ?? []).map(toStaticNode) : [],
    fake: toFake(raw.fake ?? {}),
  };
}

function toAccount(raw: RawProvider) {
  return {
    authUrl: raw['auth-url'] ?? null,
    username: raw.username ?? null,
    password: raw.password ?? null,
    projectId: raw['project-id'] ?? null,
    projectName: raw['project-name'] ?? null,
    userDomain: raw['user-domain'] ?? 'Default',
    projectDomain: raw['project-domain'] ?? 'Default',
  };
}

function toNetwork(raw: RawNetwork): string {
  return typeof raw === 'string' ? raw : (raw['net-id'] ?? raw['net-label'] ?? raw.name ?? '');
}

function toProviderImage(raw: RawProviderImage): ProviderImageConfig {
  const meta = isStorableMeta(raw.meta) ? Object.entries(raw.meta ?? {}) : [];
  return {
    name: raw.name,
    baseImage: raw['base-image'] ?? null,
    minRam: raw['min-ram'] ?? 0,
    nameFilter: raw['name-filter'] ?? null,
    diskimage: raw.diskimage ?? null,
    setup: raw.setup ?? null,
    username: raw.username ?? 'jenkins',
    userHome: raw['user-home'] ?? '/home/jenkins',
    privateKey: raw['private-key'] ?? '/var/lib/jenkins/.ssh/id_rsa',
    configDrive: raw['config-drive'] ?? false,
    meta: Object.fromEntries(meta.map(([key, value]) => [key, String(value)])),
  };
}

function toStaticNode(raw: RawStaticNode): StaticNode {
  return {
    name: raw.name,
    labels: raw.labels,
    username: raw.username ?? 'jenkins',
    connectionPort: raw['connection-port'] ?? 22,
    hostKey: raw['host-key'] ?? null,
  };
}

function toFake(raw: RawFake): FakeBehaviour {
  return {
    failCreate: raw['fail-create'],
    failBoot: raw['fail-boot'],
    failDelete: raw['fail-delete'],
    failUpload: raw['fail-upload'],
    createDelay: raw['create-delay'],
    uploadDelay: raw['upload-delay'],
    bootDelay: raw['boot-delay'],
    deleteDelay: raw['delete-delay'],
    pauseCreates: raw['pause-creates'],
    overQuota: raw['over-quota'],
    maxServers: raw['max-servers'],
    zones: raw.zones,
  };
}

function toDiskimage(raw: RawDiskimage): DiskimageConfig {
  return {
    name: raw.name,
    // The original hands each entry to a command line that splits it.
    elements: raw.elements.flatMap((entry) => entry.split(/\s+/)),
    release: raw.release ?? null,
    envVars: raw['env-vars'] ?? {},
    rebuildAgeS: raw['rebuild-age'] ?? null,
    buildTimeoutS: raw['build-timeout'] ?? EIGHT_HOURS,
    pause: raw.pause ?? false,
  };
}

function toTarget(raw: RawTarget): TargetConfig {
  return {
    name: raw.name,
    hostname: raw.hostname ?? '{label.name}-{provider.name}-{node_id}.slave.openstack.org',
    subnodeHostname:
      raw['subnode-hostname'] ?? '{label.name}-{provider.name}-{node_id}-{subnode_id}.slave.openstack.org',
  };
}
