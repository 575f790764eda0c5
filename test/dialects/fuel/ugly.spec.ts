import { jest } from '@jest/globals';
import { FuelApi, nodeBody, releaseBody } from './fuel-api.js';

/** What no field is meant to hold: whatever comes of it, it is the client's fault and not ours. */
const UGLY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 63,
  '',
  ' ',
  'a\0b',
  '\ud800',
  '\u202e𝒳',
  "'; drop table nodes; --",
  '%s%n${7*7}{{7*7}}',
  'x'.repeat(100_000),
  [],
  [null],
  [[[]]],
  ['\0'],
  [2 ** 40],
  {},
  { constructor: 1, toString: 2, hasOwnProperty: 3 },
  { '\0': 1 },
  { length: -1 },
];

const NODE_FIELDS = [
  ...['id', 'mac', 'status', 'ip', 'fqdn', 'hostname', 'name', 'manufacturer', 'platform_name', 'os_platform', 'uuid'],
  ...['agent_checksum', 'meta', 'kernel_params', 'progress', 'roles', 'pending_roles', 'pending_addition', 'labels'],
  ...['pending_deletion', 'error_type', 'error_msg', 'online', 'cluster', 'cluster_id', 'group_id', 'network_data'],
  ...['slipway', 'constructor', 'reportedAt', 'driver'],
];
const RELEASE_FIELDS = [
  ...['id', 'name', 'version', 'operating_system', 'description', 'state', 'can_update_from_versions', 'roles'],
  ...['roles_metadata', 'modes_metadata', 'wizard_metadata', 'attributes_metadata', 'networks_metadata'],
  ...['volumes_metadata', 'orchestrator_data', 'deployment_tasks', 'is_deployable', 'constructor'],
];
const NOTIFICATION_FIELDS = ['id', 'topic', 'message', 'status', 'cluster', 'cluster_id', 'node_id', 'task_id', 'time'];

/** Thousands of requests, on a machine that may be busy. */
jest.setTimeout(600_000);

let api: FuelApi;
let node: number;
let release: number;
let notification: number;
beforeAll(async () => {
  api = await FuelApi.start();
  node = (await api.create('nodes', nodeBody(1))).id;
  release = (await api.create('releases', releaseBody())).id;
  notification = (await api.create('notifications', { topic: 'done', message: 'x' })).id;
});
afterAll(() => api.close());

/** Some at a time: one after the other would take minutes. */
async function statuses(requests: readonly (() => Promise<{ statusCode: number; body: string }>)[]): Promise<number[]> {
  const answers: number[] = [];
  for (let from = 0; from < requests.length; from += 10) {
    const chunk = await Promise.all(requests.slice(from, from + 10).map((request) => request()));
    for (const { statusCode, body } of chunk) {
      if (statusCode >= 500) throw new Error(body);
      if (statusCode >= 400) expect(Object.keys(JSON.parse(body) as object).sort()).toEqual(['errors', 'message']);
      answers.push(statusCode);
    }
  }
  return answers;
}

const each = (
  fields: readonly string[],
  send: (body: Record<string, unknown>) => Promise<{ statusCode: number; body: string }>,
) => fields.flatMap((field) => UGLY.map((value) => () => send({ [field]: value })));

describe('ugly input', () => {
  let number = 100;
  it.each([
    ['PUT /nodes/{id}', () => each(NODE_FIELDS, (body) => api.put(`nodes/${node}`, body))],
    ['POST /nodes', () => each(NODE_FIELDS, (body) => api.post('nodes', nodeBody((number += 1), body)))],
    ['PUT /nodes', () => each(NODE_FIELDS, (body) => api.put('nodes', [{ id: node, ...body }]))],
    ['PUT /nodes/agent', () => each(NODE_FIELDS, (body) => api.put('nodes/agent', { id: node, ...body }))],
    ['PUT /releases/{id}', () => each(RELEASE_FIELDS, (body) => api.put(`releases/${release}`, body))],
    [
      'POST /releases',
      () =>
        each(RELEASE_FIELDS, (body) =>
          api.post('releases', { ...releaseBody({ version: `${(number += 1)}` }), ...body }),
        ),
    ],
    [
      'PUT /notifications/{id}',
      () => each(NOTIFICATION_FIELDS, (body) => api.put(`notifications/${notification}`, body)),
    ],
    [
      'PUT /notifications',
      () =>
        each(NOTIFICATION_FIELDS, (body) => api.put('notifications', [{ id: notification, status: 'read', ...body }])),
    ],
    [
      'POST /notifications',
      () => each(NOTIFICATION_FIELDS, (body) => api.post('notifications', { topic: 'done', message: 'm', ...body })),
    ],
  ])('never makes %s fail', async (_name, requests) => {
    const answers = await statuses(requests());
    expect(answers.filter((status) => status === 400).length).toBeGreaterThan(answers.length / 10);
  });

  it('as a whole body never makes a route fail', async () => {
    const routes = [
      'nodes',
      `nodes/${node}`,
      'nodes/agent',
      'releases',
      `releases/${release}`,
      `releases/${release}/deployment_tasks`,
      'notifications',
      `notifications/${notification}`,
    ];
    const requests = routes.flatMap((route) =>
      UGLY.flatMap((value) => ['POST', 'PUT'].map((method) => () => api.send(method, route, JSON.stringify(value)))),
    );
    const answers = await statuses(requests);
    expect(answers.length).toBe(routes.length * UGLY.length * 2);
  });

  it('in an address never makes a route fail', async () => {
    const odd = [
      '%00',
      '%ff',
      '%zz',
      '..%2f',
      '1;2',
      '1%20or%201=1',
      '%F0%9F%92%A9',
      '9'.repeat(1000),
      '-0',
      '1e1',
      '0x1',
      '%2e%2e',
    ];
    const routes = ['nodes', 'releases', 'notifications'].flatMap((name) => odd.map((id) => `${name}/${id}`));
    const queries = odd.flatMap((value) => [
      `nodes?cluster_id=${value}`,
      `nodes?cluster_id[]=${value}`,
      `nodes?ids=${value}`,
    ]);
    const sub = odd.flatMap((value) => [`releases/${value}/roles`, `releases/${release}/roles/${value}`]);
    const paths = [...routes, ...queries, ...sub];
    const answers = await statuses(
      paths.flatMap((path) => ['GET', 'DELETE'].map((method) => () => api.send(method, path))),
    );
    expect(answers.filter((status) => status >= 400).length).toBeGreaterThan(answers.length / 2);
  });
});
