import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ApiClient } from '../../demo/api-client.js';
import { type BenchPlace, TOKEN } from '../bench-place.js';
import { type BenchRow, median, whole } from '../bench-report.js';
import { type Load, requestsPerSecond } from '../http-load.js';

const NODES = 4;
const ACTIONS = 8;
const CONCURRENCY = 4;
const WARM_UP = 20;
const REPORT = JSON.stringify({ details: [{ message: 'Half of it is done.', error: false, step: 3 }] });

/** What booting nodes ask for: archives, rendered for each request, and reports, against a handler that sends the same bytes. */
export async function measureBootData(place: BenchPlace): Promise<BenchRow[]> {
  const folder = join(place.settings('all').dataDir, 'designs');
  mkdirSync(folder, { recursive: true });
  const designRef = pathToFileURL(join(folder, 'site.yaml')).href;
  writeFileSync(join(folder, 'site.yaml'), designText());
  const child = await place.child('slipway', { ...place.settings('all'), drydockDesignRoots: [folder] });
  const url = await child.ask<string>('url');
  const headers = { 'X-Bootaction-Key': await deployed(place, url, designRef) };
  const { rows } = await place.sql.query<{ id: string }>(
    `select action_id as id from drydock_boot_actions where node_name = 'bench-1' order by ordinal`,
  );
  const reports = rows.map(({ id }) => `${url}/api/v1.0/bootactions/${id}`);
  const archive = `${url}/api/v1.0/bootactions/nodes/bench-1/files`;
  const measured = [
    await compared(place, `boot data of ${ACTIONS} files`, { url: archive, headers }),
    await compared(place, 'boot action reports', { url: reports, headers, body: REPORT }),
  ];
  await child.stop();
  return measured;
}

/** Deploys the nodes and answers the key of the first. */
async function deployed(place: BenchPlace, url: string, design_ref: string): Promise<string> {
  const api = new ApiClient(url, TOKEN, place.signal);
  await api.post('/api/v1.0/tasks', { action: 'deploy_nodes', design_ref, node_filter: null });
  await place.until({
    statement: 'select count(*) from drydock_boot_contexts having count(*) >= $1',
    parameters: [NODES],
    what: 'the deployment',
  });
  return (await api.post<{ identity_key: string }>('/api/v1.0/nodes/bench-1/bootkey', {})).identity_key;
}

type Asked = Pick<Load, 'url' | 'headers' | 'body'>;

async function compared(place: BenchPlace, measure: string, asked: Asked): Promise<BenchRow> {
  const { bootRequests: requests, bootRounds } = place.sizes;
  const sample = await answered(asked);
  const bare = await place.child('bare-bytes', sample);
  const ours: Load = { ...asked, requests, concurrency: CONCURRENCY };
  const theirs: Load = { ...ours, url: await bare.ask<string>('url') };
  const rates: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (const load of [theirs, ours]) await requestsPerSecond({ ...load, requests: WARM_UP });
  for (let round = 0; round < bootRounds; round += 1) {
    rates.bare.push(await requestsPerSecond(theirs));
    rates.ours.push(await requestsPerSecond(ours));
  }
  await bare.stop();
  return {
    measure: `${measure}, ${whole(Buffer.byteLength(sample.bytes, 'base64'))} bytes`,
    measured: `${median(rates.ours).toFixed(1)} requests/s`,
    baseline: `${median(rates.bare).toFixed(1)} by node:http, same bytes`,
    ratio: median(rates.ours) / median(rates.bare),
    aim: '',
    met: null,
    figures: { requestsPerSecond: rates.ours, bareRequestsPerSecond: rates.bare },
  };
}

/** One answer as it is, for the bare handler to repeat. */
async function answered({ url, headers, body }: Asked): Promise<{ contentType: string; bytes: string }> {
  const method = body === undefined ? 'GET' : 'POST';
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const target = typeof url === 'string' ? url : (url[0] as string);
  const answer = await fetch(target, { method, body, headers: { ...headers, ...type } });
  if (answer.status !== 200) throw new Error(`${target} was answered ${answer.status}: ${await answer.text()}`);
  const bytes = Buffer.from(await answer.arrayBuffer()).toString('base64');
  return { contentType: answer.headers.get('content-type') ?? '', bytes };
}

/** A small site; each of its nodes has as many scripts of two kilobytes, all of them templates. */
function designText(): string {
  const line = 'echo "{{ node.hostname }} {{ node.network.default.ip }} {{ action.action_id }}" # and so on\n';
  const data = `#!/bin/sh\n${line.repeat(20)}`;
  const asset = (index: number) => ({ type: 'file', path: `/opt/bench/script-${index}.sh`, permissions: '555', data });
  const pipeline = { data_pipeline: ['utf8_decode', 'template'] };
  const documents = [
    ['HardwareProfile', 'plain', {}],
    ['NetworkLink', 'wire', { trunking: { mode: 'disabled', default_network: 'mgmt' }, allowed_networks: ['mgmt'] }],
    ['Network', 'mgmt', { cidr: '10.0.0.0/24', mtu: 1500 }],
    ...Array.from({ length: NODES }, (_, index) => ['BaremetalNode', `bench-${index + 1}`, nodeData(index)]),
    ...Array.from({ length: ACTIONS }, (_, index) => [
      'BootAction',
      `action-${index}`,
      { assets: [{ ...asset(index), ...pipeline }] },
    ]),
  ];
  return documents
    .map(([kind, name, content]) =>
      JSON.stringify({ schema: `drydock/${kind as string}/v1`, metadata: { name }, data: content }),
    )
    .join('\n---\n');
}

function nodeData(index: number): object {
  const root = { name: 'root', size: '30g', filesystem: { mountpoint: '/', fstype: 'ext4' } };
  return {
    hardware_profile: 'plain',
    primary_network: 'mgmt',
    oob: { type: 'simulated', simulated_ms: '50' },
    storage: { physical_devices: { sda: { partitions: [root] } } },
    interfaces: { eth0: { device_link: 'wire', slaves: ['eth0'], networks: ['mgmt'] } },
    addressing: [{ network: 'mgmt', address: `10.0.0.${index + 11}` }],
  };
}
