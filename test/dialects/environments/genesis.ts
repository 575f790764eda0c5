import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { SettingValues } from '../../../src/config/settings.js';
import { UsersService } from '../../../src/auth/users.service.js';
import { type Role, SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { ADMIN_PASSWORD, startTestApp, type TestApp } from '../../support/app.js';
import type { TestDatabase } from '../../support/database.js';
import type { TestAnswer } from '../../support/request.js';

export const RESTRICTION = 'genesis.system.security.environment.restriction.enabled';

/** The users there are: an administrator, a reader of everything, and people who are nothing until a project says so. */
export const USERS = {
  genesis: { role: 'admin', password: ADMIN_PASSWORD },
  reader: { role: 'viewer', password: 'reader of everything' },
  user: { role: 'operator', password: 'a project user' },
  manager: { role: 'operator', password: 'a project admin' },
  stranger: { role: 'operator', password: 'nobody in particular' },
} as const satisfies Record<string, { role: Role; password: string }>;

export type UserName = keyof typeof USERS;

export interface GenesisOptions {
  /** The folder of templates: file names and their texts. */
  readonly templates?: Readonly<Record<string, string>>;
  /** `all` works through the queue as well; without it nothing runs behind the test's back. */
  readonly role?: 'all' | 'api';
  /** Switches the environment restriction on. */
  readonly restricted?: boolean;
  readonly config?: Partial<SettingValues>;
  readonly database?: TestDatabase;
}

/** One user's requests, by Basic. Paths are those below `/rest`: `/projects/1/envs`. */
export interface GenesisClient {
  get(path: string): Promise<TestAnswer>;
  post(path: string, body?: unknown): Promise<TestAnswer>;
  put(path: string, body?: unknown): Promise<TestAnswer>;
  delete(path: string, body?: unknown): Promise<TestAnswer>;
}

export interface MadeProject {
  readonly id: number;
  /** Its configuration "Default". */
  readonly configId: number;
}

export interface Genesis {
  readonly test: TestApp;
  readonly templatesDir: string;
  as(user: UserName): GenesisClient;
  /** With `user` as its user and `manager` as its administrator. */
  makeProject(name?: string): Promise<MadeProject>;
  /** Everybody who is named gets access to the configuration, all others lose it. */
  grant(project: MadeProject, users: readonly UserName[], configId?: number): Promise<void>;
  restrict(isRestricted: boolean): Promise<void>;
  writeTemplate(file: string, text: string): void;
  close(): Promise<void>;
}

export async function startGenesis(options: GenesisOptions = {}): Promise<Genesis> {
  const templatesDir = mkdtempSync(join(tmpdir(), 'slipway-templates-'));
  const writeTemplate = (file: string, text: string) => {
    mkdirSync(dirname(join(templatesDir, file)), { recursive: true });
    writeFileSync(join(templatesDir, file), text);
  };
  for (const [file, text] of Object.entries(options.templates ?? {})) writeTemplate(file, text);
  const config = { adminUsername: 'genesis', role: options.role ?? 'api', templatesDir, ...options.config };
  const test = await startTestApp({ config, database: options.database });
  if (options.database === undefined) await makeUsers(test);
  const as = (user: UserName) => clientOf(test, user);
  let projects = 0;

  const genesis: Genesis = {
    test,
    templatesDir,
    as,
    async makeProject(name = `project ${(projects += 1)}`) {
      const { result } = ok(await as('genesis').post('/projects', { name, projectManager: 'somebody' }));
      const id = (result as { id: number }).id;
      for (const [role, users] of [
        ['USER', ['user']],
        ['ADMIN', ['manager']],
      ] as const) {
        ok(await as('genesis').put(`/projects/${id}/roles/ROLE_GENESIS_PROJECT_${role}`, { users, groups: [] }));
      }
      const configs = (await as('genesis').get(`/projects/${id}/configs`)).json<{ items: { id: number }[] }>();
      return { id, configId: configs.items[0]?.id ?? 0 };
    },
    async grant({ id, configId: first }, users, configId = first) {
      ok(await as('genesis').put(`/projects/${id}/configs/${configId}/access`, { users, groups: [] }));
    },
    async restrict(isRestricted) {
      await test.database.dataSource.query(
        'insert into genesis_settings (name, value) values ($1, $2) on conflict (name) do update set value = $2',
        [RESTRICTION, String(isRestricted)],
      );
    },
    writeTemplate,
    async close() {
      await test.close();
      rmSync(templatesDir, { recursive: true, force: true });
    },
  };
  if (options.restricted) await genesis.restrict(true);
  return genesis;
}

/** Basic credentials as a header. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export function authorizationOf(user: UserName): string {
  return basic(user, USERS[user].password);
}

/** The result object of an answer that has to be a success. */
export function ok(answer: TestAnswer): { isSuccess: true; result?: unknown } {
  if (answer.statusCode !== 200) throw new Error(`expected 200, got ${answer.statusCode}: ${answer.body}`);
  return answer.json();
}

function clientOf({ inject }: TestApp, user: UserName): GenesisClient {
  const send = (method: string) => (path: string, payload?: unknown) =>
    inject({ method, url: `/rest${path}`, payload, headers: { authorization: authorizationOf(user) } });
  return { get: send('GET'), post: send('POST'), put: send('PUT'), delete: send('DELETE') };
}

async function makeUsers({ app }: TestApp): Promise<void> {
  const users = app.get(UsersService, { strict: false });
  for (const [username, { role, password }] of Object.entries(USERS)) {
    if (username !== 'genesis') await users.create(SYSTEM_PRINCIPAL, { username, password, role });
  }
}
