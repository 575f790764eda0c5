import { parseConfig, type ParsedConfig } from './parse-config.js';
import { writtenIssue } from '../../common/yaml/file-issue.js';

const PLACE = { folder: '/etc/nodepool', defaultImagesDir: '/data/images' };
const parse = (text: string): ParsedConfig => parseConfig(text, PLACE);
const errorsOf = (text: string): string[] => parse(text).errors.map(writtenIssue);
const warningsOf = (text: string): string[] => parse(text).warnings.map(writtenIssue);

/** In the shape of the original's fixtures, with the parts of it that nobody here uses. */
const ORIGINAL = `
script-dir: scripts
elements-dir: elements
images-dir: /opt/dib
dburi: 'mysql://nodepool:hunter2@localhost/nodepool'
cron:
  check: '*/15 * * * *'
  cleanup: '*/1 * * * *'
  image-update: '14 2 * * *'
zmq-publishers:
  - tcp://localhost:8881
gearman-servers:
  - host: localhost
labels:
  - name: fake-label
    image: fake-image
    min-ready: 1
    providers:
      - name: fake-provider
providers:
  - name: fake-provider
    driver: fake
    keypair: 'if-present-use-this-keypair'
    username: 'fake'
    password: 'hunter2'
    auth-url: 'fake'
    project-id: 'fake'
    max-servers: 96
    pool: 'fake'
    networks:
      - net-id: 'some-uuid'
      - plain-name
    rate: 0.0001
    images:
      - name: fake-image
        base-image: 'Fake Precise'
        min-ram: 8192
        name-filter: 'Fake'
        config-drive: yes
        meta:
          key: value
          count: 2
        setup: prepare_node_devstack.sh
targets:
  - name: fake-target
    jenkins:
      url: https://jenkins.example.org/
      user: fake
      apikey: hunter2
diskimages:
  - name: trusty
    elements: [ubuntu, vm cache]
    release: 14.10
    env-vars:
      TMPDIR: /opt/dib_tmp
      DIB_COUNT: 010
      DIB_FLAG: true
`;

const small = (provider: string, more = ''): string => `
labels: []
providers:
  - name: p
    driver: fake
    max-servers: 1
${provider}
${more}
`;

describe('a nodepool.yaml', () => {
  it('of the original is read, with its defaults', () => {
    const { config, errors } = parse(ORIGINAL);
    expect(errors).toEqual([]);
    expect(config).toMatchObject({
      imagesDir: '/opt/dib',
      elementsDir: '/etc/nodepool/elements',
      scriptDir: '/etc/nodepool/scripts',
      maxHoldAgeS: 0,
      cron: { check: '*/15 * * * *', cleanup: '*/1 * * * *', imageUpdate: '14 2 * * *' },
      labels: [{ name: 'fake-label', image: 'fake-image', minReady: 1, providers: ['fake-provider'] }],
      targets: [{ name: 'fake-target', hostname: '{label.name}-{provider.name}-{node_id}.slave.openstack.org' }],
    });
    expect(config?.providers[0]).toMatchObject({
      driver: 'fake',
      maxServers: 96,
      rateS: 0.0001,
      imageType: 'qcow2',
      bootTimeoutS: 60,
      launchTimeoutS: 3600,
      networks: ['some-uuid', 'plain-name'],
      templateHostname: '{image.name}-{timestamp}.template.openstack.org',
    });
    expect(config?.providers[0]?.images[0]).toMatchObject({
      minRam: 8192,
      configDrive: true,
      meta: { key: 'value', count: '2' },
      username: 'jenkins',
    });
  });

  it('keeps a release and the values of env-vars as they are written', () => {
    expect(parse(ORIGINAL).config?.diskimages[0]).toEqual({
      name: 'trusty',
      elements: ['ubuntu', 'vm', 'cache'],
      release: '14.10',
      envVars: { TMPDIR: '/opt/dib_tmp', DIB_COUNT: '010', DIB_FLAG: 'true' },
      rebuildAgeS: null,
      buildTimeoutS: 28_800,
      pause: false,
    });
  });

  it('says what of it is not used, and the line of it', () => {
    expect(warningsOf(ORIGINAL)).toEqual([
      'line 5, dburi: is not used: Slipway has its own database',
      'line 11, zmq-publishers: is not used: Jenkins events are not listened to',
      'line 13, gearman-servers: is not used: no demand is taken from Gearman',
      'line 47, targets[0].jenkins: is not used: nodes are not registered with Jenkins',
    ]);
  });

  it('may say: no servers, a label that is off, an image that nobody makes', () => {
    const { config, errors } = parse(`
labels: [{name: l, image: i, min-ready: -1, providers: [{name: p}]}]
providers: [{name: p, driver: fake, max-servers: 0, images: [{name: i}]}]
`);
    expect(errors).toEqual([]);
    expect(config?.labels[0]?.minReady).toBe(-1);
    expect(config?.providers[0]?.maxServers).toBe(0);
  });

  it('may list static hosts, whose label needs no image', () => {
    const { config, errors } = parse(`
labels: [{name: metal, providers: [{name: rack}]}]
providers:
  - name: rack
    driver: static
    nodes:
      - {name: host1.example.org, labels: [metal], connection-port: 2222, host-key: ssh-ed25519 AAAAC3Nza, username: zuul}
      - {name: 192.0.2.7, labels: [metal]}
`);
    expect(errors).toEqual([]);
    expect(config?.labels[0]?.image).toBeNull();
    expect(config?.providers[0]?.maxServers).toBe(2);
    expect(config?.providers[0]?.nodes).toEqual([
      {
        name: 'host1.example.org',
        labels: ['metal'],
        username: 'zuul',
        connectionPort: 2222,
        hostKey: 'ssh-ed25519 AAAAC3Nza',
      },
      { name: '192.0.2.7', labels: ['metal'], username: 'jenkins', connectionPort: 22, hostKey: null },
    ]);
  });

  it('takes a lone dot for a folder', () => {
    const { config } = parse('script-dir: .\nelements-dir: ..\nimages-dir: ./x\nlabels: []\nproviders: []');
    expect([config?.scriptDir, config?.elementsDir, config?.imagesDir]).toEqual([
      '/etc/nodepool',
      '/etc',
      '/etc/nodepool/x',
    ]);
  });

  it('may share parts by anchors', () => {
    const { config } = parse(`
labels: []
providers: []
diskimages:
  - &one {name: one, elements: [vm], env-vars: &vars {COUNT: 010}}
  - {<<: *one, name: two, env-vars: {<<: *vars, MORE: 1.0}}
`);
    expect(config?.diskimages[1]).toMatchObject({
      name: 'two',
      elements: ['vm'],
      envVars: { COUNT: '010', MORE: '1.0' },
    });
  });

  it('has the defaults of a local provider', () => {
    const { config } = parse('labels: []\nproviders: [{name: here, driver: local, max-servers: 2}]');
    expect(config?.providers[0]).toMatchObject({ imageType: 'tar', rateS: 1 });
    expect(config?.targets).toMatchObject([{ name: 'default' }]);
    expect(config?.imagesDir).toBe('/data/images');
  });
});

describe('what is wrong with a nodepool.yaml', () => {
  it('is said all at once, with lines and key paths', () => {
    const text = `labels:
  - name: 5
    providers: fake
providers:
  - name: ../p
    driver: cloud
    max-servers: -1
    rate: .nan
    images:
      - min-ram: a lot
  - [not a map]
diskimages:
  - name: d
    elements: [-x]
    env-vars: {1BAD: x}
`;
    expect(errorsOf(text)).toEqual([
      'line 2, labels[0].name: must be a text',
      'line 3, labels[0].providers: must be a list',
      'line 5, providers[0].name: has a form that is not allowed here',
      'line 6, providers[0].driver: must be one of openstack, static, local, fake',
      'line 7, providers[0].max-servers: must be at least 0',
      'line 8, providers[0].rate: must be a number',
      'line 10, providers[0].images[0]: needs "name"',
      'line 10, providers[0].images[0].min-ram: must be a whole number',
      'line 11, providers[1]: must be a map',
      'line 14, diskimages[0].elements[0]: has a form that is not allowed here',
      'line 15, diskimages[0].env-vars: has a key that is not the name of an environment variable',
    ]);
  });

  it('includes what refers to nothing', () => {
    const text = `labels:
  - {name: a, image: i, providers: [{name: nowhere}]}
  - {name: b, image: j, providers: [{name: p}]}
  - {name: c, providers: [{name: p}]}
  - {name: c, image: i, subnodes: 2, providers: [{name: p}, {name: p}]}
providers:
  - {name: p, driver: fake, max-servers: 1, images: [{name: i, diskimage: gone}]}
  - {name: s, driver: static, nodes: [{name: h, labels: [unknown]}]}
  - {name: o, max-servers: 1, auth-url: fake}
cron: {check: every day}
targets: [{name: t, hostname: '{label.name}-{password}'}]
`;
    expect(errorsOf(text)).toEqual([
      'line 2, labels[0].providers[0].name: there is no provider "nowhere"',
      'line 3, labels[1].image: the provider "p" has no image "j"',
      'line 4, labels[2]: needs "image": the provider "p" is not static',
      'line 5, labels[3].name: there is another "c"',
      'line 5, labels[3].providers[1].name: there is another "p"',
      'line 5, labels[3].subnodes: subnodes are not supported',
      'line 7, providers[0].images[0].diskimage: there is no diskimage "gone"',
      'line 8, providers[1].nodes[0].labels[0]: there is no label "unknown"',
      'line 9, providers[2]: needs "username"',
      'line 9, providers[2]: needs "password"',
      'line 9, providers[2]: needs "project-id"',
      'line 9, providers[2].auth-url: must be an http or https address',
      'line 10, cron.check: is not a cron line, as in "*/15 * * * *"',
      expect.stringContaining('line 11, targets[0].hostname: has an unknown placeholder'),
    ]);
  });

  it('is a warning where it can be lived with', () => {
    const text = `labels:
  - {name: a, image: i, min-ready: 5, Min_Ready: 1, providers: [{name: p}]}
providers:
  - {name: p, driver: fake, max-servers: 3, images: [{name: i, meta: {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6}}], frobnicate: 1}
`;
    expect(errorsOf(text)).toEqual([]);
    expect(warningsOf(text)).toEqual([
      expect.stringContaining('has no targets'),
      'line 2, labels[0].Min_Ready: is unknown and ignored; "min-ready" is meant?',
      'line 2, labels[0].min-ready: asks for 5 nodes; its providers hold 3 at most',
      'line 4, providers[0].frobnicate: is unknown and ignored',
      expect.stringContaining('line 4, providers[0].images[0]: has neither "diskimage" nor "setup"'),
      expect.stringContaining('line 4, providers[0].images[0].meta: is ignored'),
    ]);
    expect(parse(text).config?.providers[0]?.images[0]?.meta).toEqual({});
  });
});

describe('a hostile nodepool.yaml', () => {
  const levels = (depth: number) =>
    Array.from({ length: depth }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`).join(
      '\n',
    );
  const cases: Record<string, string> = {
    'nothing at all': '',
    'a word': 'hello',
    'a list': '- a\n- b',
    'half a file': 'labels:\n  - name: a\n    providers: [',
    'a bomb of aliases': `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${levels(9)}\nlabels: []\nproviders: []`,
    'a circle': 'labels: &a [*a]\nproviders: []',
    'a circle of maps': 'labels: []\nproviders: &p\n  - {name: p, driver: fake, max-servers: 1, images: *p}',
    'an anchor that is not there': 'labels: []\nproviders: [{name: p, password: *hunter2}]',
    'deep brackets': '['.repeat(100_000),
    'a quarter of a megabyte of brackets': '['.repeat(262_000),
    'a quarter of a megabyte of commas': `[${','.repeat(262_000)}]`,
    'lists in lists on a line': '- '.repeat(130_000),
    'deep maps': `labels: ${'{a: '.repeat(5_000)}`,
    'two documents': 'labels: []\nproviders: []\n---\nlabels: []',
    'a key twice': 'labels: []\nproviders: []\nlabels: []',
    'an object tag': 'labels: !!python/object/apply:os.system ["true"]\nproviders: []',
    'a key that is a map': '? {a: b}\n: c\nlabels: []\nproviders: []',
    'a prototype': 'labels: []\nproviders: []\n__proto__: {x: 1}',
    'a NUL in a name': 'labels: []\nproviders: [{name: "a\\0b", driver: fake, max-servers: 1}]',
    'half a character': 'labels: []\nproviders: [{name: "\\ud800", driver: fake, max-servers: 1}]',
    'a date for a name': small('').replace('name: p', 'name: 2015-01-01'),
    'bytes for a name': small('').replace('name: p', 'name: !!binary aGVsbG8='),
    'a tab': 'labels:\n\t- name: a',
  };
  it.each(Object.entries(cases))('is refused with a sentence: %s', (_name, text) => {
    const { config, errors } = parse(text);
    expect(config).toBeNull();
    expect(errors.length).toBeGreaterThan(0);
    for (const { message } of errors) expect(message).toMatch(/^[a-z].{5,200}$/);
  });

  it('is refused when it is large or no text', () => {
    expect(errorsOf('#'.repeat(20 * 1024 * 1024))).toEqual(['is larger than 262144 bytes']);
    expect(parseConfig(Buffer.from([0xff, 0xfe, 0x00]), PLACE).errors[0]?.message).toBe('is not UTF-8 text');
  });

  it('costs no more than a moment, however many keys it has', () => {
    const keys = Array.from({ length: 15_000 }, (_, n) => `key${n}: 1`).join('\n');
    const started = process.cpuUsage();
    expect(parse(`labels: []\nproviders: []\n${keys}`).warnings.length).toBe(99);
    expect(process.cpuUsage(started).user).toBeLessThan(20_000_000);
  });

  it('never has a value of it repeated', () => {
    const texts = [
      'labels: []\nproviders: [{name: p, driver: s3cret, password: *s3cret}]',
      'labels: s3cret\nproviders: [{name: p, max-servers: s3cret, auth-url: "http://u:s3cret@h/", password: [s3cret]}]',
      'password: "s3cret\nlabels: []',
      'labels: []\nproviders: [{name: p, "s3cret hunter": 1, driver: fake, max-servers: 1}]',
    ];
    for (const text of texts) expect(JSON.stringify(parse(text))).not.toContain('s3cret');
  });
});
