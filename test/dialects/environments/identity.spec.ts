import { basic, type Genesis, ok, startGenesis, USERS } from './genesis.js';

const EMPTY = { serviceErrors: {}, variablesErrors: {}, compoundServiceErrors: [], compoundVariablesErrors: [] };
const FAILED = { ...EMPTY, isSuccess: false, isNotFound: false };
const TIMEOUT = 'genesis.system.flow.timeout.ms';

const fred = {
  username: 'fred',
  email: 'mail@example.com',
  firstName: 'John',
  lastName: 'Doe',
  jobTitle: 'User',
  password: 'password',
};

let genesis: Genesis;
beforeAll(async () => {
  genesis = await startGenesis();
});
afterAll(() => genesis.close());

describe('the settings', () => {
  interface Settings {
    items: { name: string; value: string; readOnly: boolean; links: { methods: string[] }[] }[];
  }
  const valueOf = async (name: string) =>
    (await genesis.as('reader').get(`//settings?prefix=${name}`)).json<Settings>().items.map(({ value }) => value);

  it('are listed, changed and taken back', async () => {
    const { items } = (await genesis.as('genesis').get('/settings')).json<Settings>();
    expect(items.map(({ name }) => name)).toContain('genesis.system.bind.port');
    expect(items.map(({ readOnly, links }) => [readOnly, links.length])).toEqual([
      [true, 0],
      [false, 1],
      [false, 1],
    ]);
    expect(await valueOf(TIMEOUT)).toEqual(['3600000']);
    ok(await genesis.as('genesis').put(`/settings/${TIMEOUT}`, { value: '5000' }));
    expect(await valueOf(TIMEOUT)).toEqual(['5000']);
    ok(await genesis.as('genesis').delete(`/settings/${TIMEOUT}`));
    expect(await valueOf(TIMEOUT)).toEqual(['3600000']);
    ok(await genesis.as('genesis').put(`/settings/${TIMEOUT}`, { value: 6000 }));
    ok(await genesis.as('genesis').delete('/settings?prefix=genesis.system.flow'));
    expect(await valueOf(TIMEOUT)).toEqual(['3600000']);
    expect(await valueOf('nothing')).toEqual([]);
  });

  it('cannot be made, nor be given what is no value', async () => {
    const admin = genesis.as('genesis');
    expect((await admin.post('/settings', { name: 'my.new.property', value: 'x' })).statusCode).toBe(405);
    expect((await admin.put('/settings/my.new.property', { value: 'x' })).statusCode).toBe(404);
    const fixed = await admin.put('/settings/genesis.system.bind.port', { value: '1' });
    expect([fixed.statusCode, fixed.json()]).toEqual([
      400,
      { ...FAILED, compoundServiceErrors: ['Could not modify read-only property: genesis.system.bind.port'] },
    ]);
    for (const value of ['', '-1', '0', 'x', '1e9', '99999999999', true]) {
      const answer = await admin.put(`/settings/${TIMEOUT}`, { value });
      expect([value, answer.statusCode, Object.keys(answer.json<typeof FAILED>().variablesErrors)]).toEqual([
        value,
        400,
        [TIMEOUT],
      ]);
    }
    expect((await admin.put(`/settings/${TIMEOUT}`, {})).json()).toEqual({ error: 'Missing parameter: value' });
    expect((await genesis.as('reader').put(`/settings/${TIMEOUT}`, { value: '5000' })).statusCode).toBe(403);
    expect((await genesis.as('manager').get('/settings')).statusCode).toBe(403);
  });
});

describe('a user', () => {
  const admin = () => genesis.as('genesis');

  it('is made, waits for a role, comes in with it, and goes', async () => {
    const made = await admin().post('/users', fred);
    const { password: _password, ...shown } = fred;
    expect([made.statusCode, made.json()]).toEqual([200, { ...EMPTY, isSuccess: true, result: shown }]);
    expect(made.body).not.toContain(fred.password);
    const headers = { authorization: basic('fred', fred.password) };
    const comesIn = async () => (await genesis.test.inject({ url: '/rest', headers })).statusCode;
    expect((await admin().get('/users/fred/roles')).json()).toEqual([]);
    expect(await comesIn()).toBe(401);
    ok(await admin().put('/users/fred/roles', ['ROLE_GENESIS_READONLY', 'ROLE_GENESIS_USER']));
    expect((await admin().get('/users/fred/roles')).json()).toEqual(['ROLE_GENESIS_USER']);
    expect(await comesIn()).toBe(200);
    ok(await admin().put('/users/fred/roles', []));
    expect(await comesIn()).toBe(401);
    ok(await admin().put('/users/fred', { ...shown, firstName: 'Jack', groups: [] }));
    expect((await genesis.as('reader').get('/users/fred')).json()).toMatchObject({ ...shown, firstName: 'Jack' });
    ok(await admin().delete('/users/fred'));
    expect((await admin().get('/users/fred')).statusCode).toBe(404);
    expect((await admin().delete('/users/fred')).statusCode).toBe(404);
  });

  it.each([
    [{ username: 'user name' }, 'username', /^Invalid format\. Use a combination of latin lowercase/],
    [{ username: 'u' }, 'username', /^size must be between 2 and 32$/],
    [{ username: 'аб' }, 'username', /^Invalid format/],
    [{ username: 'q'.repeat(33) }, 'username', /^size must be/],
    [{ firstName: '123name' }, 'firstName', /^Invalid format\. Only letters and spaces are allowed\.$/],
    [{ lastName: '' }, 'lastName', /^size must be/],
    [{ email: '.u@mailinatorcom' }, 'email', /^not a well-formed email address$/],
    [{ email: 'аб@mailinator.com' }, 'email', /^not a well-formed email address$/],
    [{ password: '' }, 'password', /^size must be between 3 and 64$/],
  ])('%j is refused by field', async (part, field, message) => {
    const answer = await admin().post('/users', { ...fred, username: 'other', email: 'o@example.com', ...part });
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { ...FAILED, variablesErrors: { [field]: expect.stringMatching(message) as string } },
    ]);
  });

  it('has a name and an address of its own, and groups that exist', async () => {
    ok(await admin().post('/users', { ...fred, username: 'wilma', email: 'wilma@example.com' }));
    const errorsOf = async (body: object) => (await admin().post('/users', { ...fred, ...body })).json<typeof FAILED>();
    expect((await errorsOf({ username: 'wilma', email: 'x@example.com' })).compoundServiceErrors).toEqual([
      'User with username [wilma] is already registered',
    ]);
    expect((await errorsOf({ username: 'barney', email: 'WILMA@example.com' })).compoundServiceErrors).toEqual([
      'User with email [WILMA@example.com] is already registered',
    ]);
    const answer = await admin().post('/users', { ...fred, username: 'barney', groups: ['nobody'] });
    expect([answer.statusCode, answer.json()]).toEqual([
      404,
      { ...FAILED, isNotFound: true, serviceErrors: { groups: 'Group nobody does not exist' } },
    ]);
    expect((await admin().get('/users/barney')).statusCode).toBe(404);
  });

  it('is listed to administrators, readers and who has a project to give roles in', async () => {
    await genesis.makeProject();
    expect((await genesis.as('manager').get('/users')).statusCode).toBe(200);
    expect((await genesis.as('manager').get('/users?tag=mana')).json()).toEqual([{ key: 'manager', value: 'manager' }]);
    expect((await genesis.as('manager').get('/users?available')).json()).toBe(true);
    expect((await genesis.as('user').get('/users')).statusCode).toBe(403);
    expect((await genesis.as('manager').post('/users', fred)).statusCode).toBe(403);
    const listed = (await genesis.as('reader').get('/users')).json<{ links: { methods: string[] }[] }>();
    expect(listed.links[0]?.methods).toEqual(['get']);
  });

  it('who is the last administrator stays one', async () => {
    const answer = await admin().put('/users/genesis/roles', ['ROLE_GENESIS_USER']);
    expect([answer.statusCode, answer.json<typeof FAILED>().isSuccess]).toEqual([400, false]);
    expect((await admin().delete('/users/genesis')).statusCode).toBe(400);
    expect((await admin().put('/roles/ROLE_GENESIS_ADMIN', { users: [], groups: [] })).statusCode).toBe(400);
    expect((await admin().get('/settings')).statusCode).toBe(200);
  });
});

describe('a group', () => {
  it('gives its members what it has in a project', async () => {
    const admin = genesis.as('genesis');
    const body = { name: 'testers', description: 'd', mailingList: 'list@example.com', users: ['stranger'] };
    const { id: groupId } = ok(await admin.post('/groups', body)).result as { id: number };
    const { id } = await genesis.makeProject();
    const path = `/projects/${id}/roles/ROLE_GENESIS_PROJECT_USER`;
    ok(await admin.put(path, { users: [], groups: ['testers'] }));
    expect((await admin.get(path)).json()).toMatchObject({ users: [], groups: ['testers'] });
    expect((await genesis.as('stranger').get(`/projects/${id}`)).statusCode).toBe(200);
    expect((await admin.get(`/groups/${groupId}/users`)).json()).toEqual([{ username: 'stranger' }]);
    expect((await admin.get('/users/stranger/groups')).json()).toMatchObject([{ id: groupId, name: 'testers' }]);
    ok(await admin.delete(`/groups/${groupId}/users`, { username: 'stranger' }));
    expect((await genesis.as('stranger').get(`/projects/${id}`)).statusCode).toBe(403);
    ok(await admin.post(`/groups/${groupId}/users`, { username: 'stranger' }));
    expect((await admin.post(`/groups/${groupId}/users`, { username: 'stranger' })).statusCode).toBe(400);
    ok(await admin.delete(`/groups/${groupId}`));
    expect((await genesis.as('stranger').get(`/projects/${id}`)).statusCode).toBe(403);
    const { id: again } = ok(await admin.post('/groups', body)).result as { id: number };
    expect((await genesis.as('stranger').get(`/projects/${id}`)).statusCode).toBe(403);
    ok(await admin.put(`/groups/${again}`, { name: 'renamed', description: 'd' }));
    expect((await admin.get(`/groups/${again}/users`)).json()).toEqual([{ username: 'stranger' }]);
  });

  it('is refused by field, and where its name or its users are not right', async () => {
    const admin = genesis.as('genesis');
    const faults = async (body: object) =>
      (await admin.post('/groups', { name: 'group', description: 'd', ...body })).json<typeof FAILED>();
    expect((await faults({ name: 'g' })).variablesErrors).toEqual({ name: 'size must be between 2 and 32' });
    expect((await faults({ name: 'Users' })).variablesErrors).toEqual({
      name: expect.stringMatching(/^Invalid format/) as string,
    });
    expect((await faults({ mailingList: 'root', description: '' })).variablesErrors).toEqual({
      mailingList: 'not a well-formed email address',
      description: 'may not be empty',
    });
    expect(await faults({ users: ['nobody'] })).toEqual({
      ...FAILED,
      isNotFound: true,
      compoundServiceErrors: ['Some of usernames in list is not found'],
    });
    expect((await admin.get('/groups')).body).not.toContain('"group"');
    ok(await admin.post('/groups', { name: 'twice', description: 'd' }));
    expect((await faults({ name: 'twice' })).compoundServiceErrors).toEqual(["Group with name 'twice' already exists"]);
    expect((await admin.get('/groups/4711')).statusCode).toBe(404);
    expect((await genesis.as('reader').post('/groups', { name: 'rr', description: 'd' })).statusCode).toBe(403);
  });
});

describe('the roles of the system', () => {
  it('are given to users, not to groups', async () => {
    const admin = genesis.as('genesis');
    const roles = (await admin.get('/roles')).json<{ items: { name: string }[] }>();
    expect(roles.items.map(({ name }) => name).sort()).toEqual([
      'ROLE_GENESIS_ADMIN',
      'ROLE_GENESIS_READONLY',
      'ROLE_GENESIS_USER',
    ]);
    const put = await admin.put('/roles/ROLE_GENESIS_READONLY', { users: ['reader', 'user', 'nobody'], groups: [] });
    expect(ok(put).result).toEqual({ nonExistentUsers: ['nobody'], nonExistentGroups: [] });
    const holders = (await admin.get('/roles/ROLE_GENESIS_READONLY')).json<{ users: { username: string }[] }>();
    expect(holders.users.map(({ username }) => username)).toEqual(['reader']);
    expect((await admin.get('/users/user/roles')).json()).toEqual(['ROLE_GENESIS_USER']);
    ok(await admin.put('/roles/ROLE_GENESIS_READONLY', { users: [], groups: [] }));
    const headers = { authorization: basic('reader', USERS.reader.password) };
    expect((await genesis.test.inject({ url: '/rest', headers })).statusCode).toBe(401);
    ok(await admin.put('/roles/ROLE_GENESIS_READONLY', { users: ['reader'], groups: [] }));
    expect((await genesis.test.inject({ url: '/rest', headers })).statusCode).toBe(200);
    expect((await admin.put('/roles/ROLE_GENESIS_USER', { groups: ['testers'] })).statusCode).toBe(400);
    for (const nobody of [{}, { users: null }, { groups: [] }]) {
      const answer = await admin.put('/roles/ROLE_GENESIS_USER', nobody);
      expect([answer.statusCode, answer.json()]).toEqual([400, { error: 'Missing parameter: users' }]);
    }
    expect((await admin.get('/users/user/roles')).json()).toEqual(['ROLE_GENESIS_USER']);
    expect((await admin.put('/users/user/roles', ['ROLE_OF_NOBODY'])).statusCode).toBe(404);
    expect((await admin.put('/users/user/roles', { a: 1 })).json()).toEqual({ error: 'Invalid input' });
    expect((await genesis.as('reader').get('/roles')).statusCode).toBe(200);
    expect((await genesis.as('manager').get('/roles')).statusCode).toBe(403);
  });
});
