import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { findSshd, OpenSsh } from '../../support/open-ssh.js';
import { readyImage } from './engine.js';
import { CLOUD_PASSWORD, ScriptBench } from './ssh-cloud.js';

jest.setTimeout(240_000);

const sshd = findSshd();
const withSshd = sshd === null ? describe.skip : describe;

const READY = 2;

withSshd('scripts over SSH', () => {
  let host: OpenSsh;
  let home: string;
  let folders: string;
  let bench: ScriptBench | null = null;
  beforeAll(() => {
    folders = mkdtempSync('/tmp/slipway-scripts-');
  });
  beforeEach(async () => {
    home = mkdtempSync(join(folders, 'home-'));
    host = await OpenSsh.start(sshd!, { HOME: home });
  });
  afterEach(async () => {
    await bench?.close();
    bench = null;
    await host.stop();
  });
  afterAll(() => rmSync(folders, { recursive: true, force: true }));

  const start = async (...[yaml, files]: [Parameters<typeof ScriptBench.start>[2], Record<string, string>]) => {
    bench = await ScriptBench.start(host, home, yaml, files);
    return bench;
  };
  const inHome = (name: string): string => readFileSync(join(home, name), 'utf8');

  describe('the ready-script', () => {
    it('is run in a copy of the script-dir, with its parameters and environment, before the node is ready', async () => {
      const pool = await start(
        { readyScript: 'ready.sh "two words"' },
        {
          'ready.sh': [
            '#!/bin/sh',
            'helper.sh "$PWD|$#|$1|$2" > "$HOME/ran"',
            'env > "$HOME/environment"',
            'echo "made ready"',
            `while [ ! -e "$HOME/go" ]; do sleep 0.1; done`,
          ].join('\n'),
          'helper.sh': '#!/bin/sh\necho "helped: $1"\n',
          '@odd name': 'no archive',
        },
      );
      await readyImage(pool.engine.sql);
      await pool.engine.until('the script to run', () => existsSync(join(home, 'environment')) || undefined);
      const [node] = await pool.engine.nodes();
      expect(node).toMatchObject({ state: 1, ip: '127.0.0.1' });
      writeFileSync(join(home, 'go'), '');
      await pool.engine.ready(1);

      const { hostname } = (await pool.engine.sql.query<{ hostname: string }[]>('select hostname from pool_nodes'))[0]!;
      expect(inHome('ran')).toBe(`helped: ${home}/nodepool-scripts|2|two words|${hostname}\n`);
      expect(inHome('nodepool-scripts/@odd name')).toBe('no archive');
      const environment = inHome('environment').split('\n');
      expect(environment).toEqual(
        expect.arrayContaining([`NODEPOOL_HOSTNAME=${hostname}`, 'NODEPOOL_LABEL=fake-label']),
      );
      expect(environment.filter((line) => /^(NODEPOOL|SLIPWAY|DATABASE)_/.test(line))).toHaveLength(2);
      expect(await pool.lines('launch')).toEqual(expect.arrayContaining(['made ready']));
    });

    it('says which host key it met, and lets no secret be written down', async () => {
      const pool = await start(
        { readyScript: 'ready.sh' },
        { 'ready.sh': `#!/bin/sh\ncat "$HOME/key"\nprintf 'a zero \\0 and a half \\355\\240\\200\\n'\n` },
      );
      writeFileSync(join(home, 'key'), host.privateKey);
      await readyImage(pool.engine.sql);
      await pool.engine.ready(1);
      const lines = await pool.lines('launch');
      expect(lines).toContain(`The new server's host key is ${host.fingerprint}`);
      expect(lines.some((line) => line.startsWith('a zero '))).toBe(true);
      const written = await pool.writtenDown();
      expect(written).toContain('********');
      const keyLines = host.privateKey.split('\n').filter((line) => line.length > 8 && !line.startsWith('-----'));
      for (const secret of [CLOUD_PASSWORD, ...keyLines]) expect(written.includes(secret)).toBe(false);
    });

    it('that fails makes the launch fail: its reason is shown, the server goes, another is tried later', async () => {
      const failing = `#!/bin/sh\nprintf 'begun\\n'\nprintf 'the disk\\0 is broken' >&2\nexit 3\n`;
      const pool = await start({ readyScript: 'ready.sh' }, { 'ready.sh': failing });
      const { engine } = pool;
      await readyImage(engine.sql);
      const [first, second] = await pool.failures(2, /^The script ended with exit code 3: the disk is broken$/);
      await engine.gone(first!.id);
      await engine.gone(second!.id);
      expect(await pool.log(`state = ${READY}`)).toEqual([]);
      // Two seconds at least from the failure to the next node, by the database's clock.
      const born = (await pool.log(`id = ${second!.id} and state = 1`))[0]!;
      expect(born.at - first!.at).toBeGreaterThanOrEqual(2_000);
      const [backoff] = await engine.sql.query<{ last_error: string }[]>(
        `select last_error from pool_backoffs where name = 'launch:fake-provider/fake-label'`,
      );
      expect(backoff!.last_error).toContain('the disk is broken');

      pool.rewriteScript('ready.sh', '#!/bin/sh\n');
      const [node] = await engine.ready(1);
      await engine.until('one server', async () => (await engine.servers()).length === 1 || undefined);
      expect((await engine.servers())[0]!.id).toBe(node!.external_id);
      expect(await engine.sql.query('select 1 from pool_backoffs')).toEqual([]);
    });

    it('that does not end is given up when launch-timeout is over', async () => {
      const pool = await start(
        { readyScript: 'ready.sh', launchTimeout: 10 },
        { 'ready.sh': '#!/bin/sh\nexec sleep 90\n' },
      );
      await readyImage(pool.engine.sql);
      const [failed] = await pool.failures(1, /^Run the ready-script timed out after 10 s/);
      await pool.engine.gone(failed!.id);
      expect(await pool.log(`state = ${READY}`)).toEqual([]);
    });

    it('stops when its node is deleted', async () => {
      const pool = await start(
        { readyScript: 'ready.sh' },
        { 'ready.sh': '#!/bin/sh\ntouch "$HOME/begun"\nexec sleep 90\n' },
      );
      await readyImage(pool.engine.sql);
      await pool.engine.until('the script to run', () => existsSync(join(home, 'begun')) || undefined);
      const [node] = await pool.engine.nodes();
      expect(await pool.engine.deleteNode(node!.id)).toBe(204);
      await pool.engine.gone(node!.id);
      expect(await pool.engine.statesSeen(node!.id)).toEqual(['cancelled launch', 'succeeded delete']);
      expect((await pool.engine.servers()).map(({ id }) => id)).not.toContain(node!.external_id);
    });

    it.each([
      { what: 'is not there', key: null, problem: /^The private-key \S+\/no-key cannot be read$/ },
      { what: 'is no key', key: 'not a key at all', problem: /^The private key of 127\.0\.0\.1 cannot be used: / },
      { what: 'opens nothing', key: 'other', problem: /127\.0\.0\.1:\d+.*(log|auth|refused)/i },
    ])('with a key file that $what says so', async ({ key, problem }) => {
      const privateKey = join(home, 'no-key');
      const other = key === 'other' ? await OpenSsh.start(sshd!) : null;
      if (key !== null) writeFileSync(privateKey, other?.privateKey ?? key);
      await other?.stop();
      const pool = await start({ readyScript: 'ready.sh', privateKey }, { 'ready.sh': '#!/bin/sh\n' });
      await readyImage(pool.engine.sql);
      const [failed] = await pool.failures(1, problem);
      await pool.engine.gone(failed!.id);
      expect(await pool.log(`state = ${READY}`)).toEqual([]);
      if (key !== null) expect(await pool.writtenDown()).not.toContain(other?.privateKey.split('\n')[2] ?? key);
    });

    it('without its script-dir says so', async () => {
      const pool = await start({ readyScript: 'ready.sh' }, {});
      rmSync(join(pool.engine.folder, 'scripts'), { recursive: true });
      await readyImage(pool.engine.sql);
      await pool.failures(1, /^The script-dir \S+\/scripts cannot be read$/);
    });

    it('that is missing in an empty script-dir fails as the shell says', async () => {
      const pool = await start({ readyScript: 'ready.sh' }, {});
      await readyImage(pool.engine.sql);
      await pool.failures(1, /^The script ended with exit code 127: .*ready\.sh.*not found$/);
    });
  });

  describe('the setup of a snapshot', () => {
    const SETUP = [
      '#!/bin/sh',
      'echo "$#|$1|$2|$NODEPOOL_IMAGE|$3" > "$HOME/ran"',
      'cat data/list > "$HOME/copied"',
      'while [ ! -e "$HOME/go" ]; do sleep 0.1; done',
    ].join('\n');

    it('is run with its parameters on a template server, of which the image is made afterwards', async () => {
      const pool = await start({ minReady: 0 }, { 'prepare.sh': SETUP });
      const { engine } = pool;
      mkdirSync(join(engine.folder, 'scripts/data'));
      writeFileSync(join(engine.folder, 'scripts/data/list'), 'of packages\n');
      const yaml = readFileSync(join(engine.folder, 'nodepool.yaml'), 'utf8');
      const user = `username: ${host.username}`;
      await engine.rewrite(yaml.replace(user, `${user}\n        setup: prepare.sh --with 'big disk'`));
      await engine.until('the setup to run', () => existsSync(join(home, 'copied')) || undefined);
      expect(await engine.calls('snapshot-server')).toEqual([]);
      expect(await engine.images()).toMatchObject([{ state: 1, external_id: null }]);
      const [template] = await engine.servers();
      writeFileSync(join(home, 'go'), '');

      const image = await engine.until('the image', async () => (await engine.images('state = 2'))[0]);
      expect(image.server_external_id).toBe(template!.id);
      expect((await engine.calls('snapshot-server')).map(({ subject }) => subject)).toEqual([template!.id]);
      expect(await engine.servers()).toEqual([]);
      const [{ hostname }] = await engine.sql.query<[{ hostname: string }]>('select hostname from provider_images');
      expect(inHome('ran')).toBe(`3|--with|big disk|fake-image|${hostname}\n`);
      expect(inHome('copied')).toBe('of packages\n');
      const stored = await engine.sql.query<{ id: string }[]>('select id from fake_images');
      expect(stored).toEqual([{ id: image.external_id }]);
    });

    it('that fails leaves nothing at the provider and is tried again later', async () => {
      const pool = await start(
        { minReady: 0, setup: 'prepare.sh' },
        { 'prepare.sh': '#!/bin/sh\necho "no network"\nexit 4\n' },
      );
      const { engine } = pool;
      const [audit] = await engine.until('a failed snapshot', async () => {
        const rows = await engine.sql.query<{ object_id: string; object_repr: string }[]>(
          `select object_id, object_repr from audit_events where object_type = 'provider-image' and user_name = 'system' and action = 'delete'`,
        );
        return rows.length > 0 ? rows : undefined;
      });
      expect(audit!.object_repr).toMatch(/The script ended with exit code 4: no network$/);
      await engine.until('the end of its row', async () =>
        (await engine.images(`id = ${audit!.object_id}`)).length === 0 ? true : undefined,
      );
      const calls = [await engine.calls('create-server'), await engine.calls('delete-server')];
      expect(calls[0]!.length).toBeGreaterThanOrEqual(1);
      expect(calls[1]!.length).toBeGreaterThanOrEqual(1);
      expect(await engine.calls('snapshot-server')).toEqual([]);
      expect(await engine.sql.query('select 1 from fake_images')).toEqual([]);
      pool.rewriteScript('prepare.sh', '#!/bin/sh\n');
      await engine.until('the image', async () => (await engine.images('state = 2'))[0]);
      await engine.until('no server', async () => (await engine.servers()).length === 0 || undefined);
      expect(await engine.sql.query('select 1 from fake_images')).toHaveLength(1);
    });
  });
});
