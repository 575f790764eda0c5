import { appendFileSync } from 'node:fs';
import { Engine } from './engine.js';

const SECRET = 's3cr3t-element';
const QUOTED = "it's-a-secret";

/** The stand-in prints its elements, and so the secret that is one of them. */
function yaml(folder: string, exit: string, diskimages = true): string {
  const image = diskimages ? 'diskimage: told' : 'setup: none.sh, base-image: base';
  return `
images-dir: ${folder}/images
labels: []
providers:
  - { name: fake-provider, driver: fake, rate: 0.01, max-servers: 1, images: [{ name: image, ${image} }] }
diskimages:
  - name: ${diskimages ? 'told' : 'another'}
    elements: [vm, ${SECRET}]
    env-vars: { ADMIN_PASSWORD: ${SECRET}, ADMIN_PASS: ${SECRET}-longer, SOME_TOKEN: "${QUOTED}", STANDIN_EXIT: '${exit}' }
`;
}

describe('the secrets of a build', () => {
  let engine: Engine;
  afterEach(() => engine.close());

  async function build(exit: string): Promise<{ id: number; logPath: string }> {
    engine = await Engine.start((folder) => yaml(folder, exit));
    expect(await engine.write('POST', '/v1/dib_images/told/build')).toBe(201);
    return engine.until('the end of the build', async () => {
      const [ended] = await engine.sql.query<{ id: number; logPath: string }[]>(
        `select dib_image_id as id, log_path as "logPath" from dib_builds where finished_at is not null`,
      );
      return ended;
    });
  }

  it('are blanked in its log, also when the config has forgotten them', async () => {
    const { id, logPath } = await build('');
    appendFileSync(logPath, `+ export ADMIN_PASS=${SECRET}-longer\n+ export SOME_TOKEN='it'\\''s-a-secret'\n`);
    const read = async () => (await engine.app.inject({ method: 'GET', url: `/v1/dib_images/${id}/log` })).body;
    for (const what of ['with its config', 'without it']) {
      const log = await read();
      expect([what, log]).toEqual([what, expect.stringContaining('release none from vm ***')]);
      expect([what, log]).toEqual([
        what,
        expect.stringContaining(`+ export ADMIN_PASS=***\n+ export SOME_TOKEN='***'\n`),
      ]);
      await engine.rewrite(yaml(engine.folder, '', false).replaceAll(SECRET, 'other'));
    }
  });

  it('are written down nowhere else', async () => {
    await build('3');
    for (const table of ['dib_builds', 'dib_images', 'jobs', 'job_logs', 'batches', 'audit_events']) {
      const rows = await engine.sql.query<{ text: string }[]>(`select to_jsonb(t)::text as text from ${table} t`);
      expect([table, rows.filter(({ text }) => text.includes(SECRET))]).toEqual([table, []]);
    }
    const [kept] = await engine.sql.query<{ log_tail: string }[]>('select log_tail from dib_builds');
    expect(kept!.log_tail).toContain('from vm ***');
  });
});
