import fc from 'fast-check';
import { Invalid } from '../common/errors.js';
import { parseDeploymentTasks } from './deployment-tasks.js';

const shell = (changes: Record<string, unknown> = {}) => ({
  id: 'a',
  type: 'shell',
  role: ['controller'],
  parameters: { cmd: 'true' },
  ...changes,
});

function refusalOf(raw: unknown): string {
  try {
    parseDeploymentTasks(raw);
  } catch (error) {
    if (error instanceof Invalid) return error.message;
    throw error;
  }
  throw new Error('was taken');
}

describe('deployment tasks', () => {
  it('are none when a release has none', () => {
    expect([null, undefined, []].map(parseDeploymentTasks)).toEqual([[], [], []]);
  });

  it('read Fuel’s own spelling, with its defaults', () => {
    const tasks = parseDeploymentTasks([
      { id: 'deploy_start', type: 'stage' },
      { id: 'deploy_end', type: 'stage', requires: ['deploy_start'] },
      {
        id: 'controller',
        type: 'group',
        role: ['controller'],
        requires: ['deploy_start'],
        required_for: ['deploy_end'],
        parameters: { strategy: { type: 'parallel', amount: 6 } },
      },
      { id: 'compute', type: 'group', role: 'compute', parameters: { strategy: { type: 'one_by_one' } } },
      { id: 'cmd', type: 'shell', version: '1.0.0', groups: ['controller'], parameters: { cmd: 'echo hi' } },
      {
        id: 'cmd2',
        type: 'shell',
        role: '*',
        parameters: { cmd: 'x', cwd: '/tmp', timeout: 180, retries: 3, interval: 20 },
      },
      { id: 'file', type: 'upload_file', role: ['compute'], parameters: { path: '/etc/x', data: '' } },
      { id: 'boot', type: 'reboot', role: ['compute'] },
      { id: 'old', type: 'skipped', role: ['compute'], parameters: { puppet_manifest: '/x' } },
    ]);
    expect(tasks.map(({ id, type }) => `${id} ${type}`)).toHaveLength(9);
    const found = (id: string) => tasks.find((task) => task.id === id);
    expect(found('controller')).toMatchObject({ roles: ['controller'], parameters: { amount: 6 } });
    expect(found('compute')).toMatchObject({ roles: ['compute'], parameters: { amount: 1 } });
    expect(found('cmd')).toEqual({
      id: 'cmd',
      type: 'shell',
      roles: [],
      groups: ['controller'],
      requires: [],
      requiredFor: [],
      parameters: { cmd: 'echo hi', cwd: '/', timeoutS: 300, retries: 0, intervalS: 10 },
    });
    expect(found('cmd2')).toMatchObject({
      roles: ['*'],
      parameters: { cwd: '/tmp', timeoutS: 180, retries: 3, intervalS: 20 },
    });
    expect(found('file')).toMatchObject({ parameters: { path: '/etc/x', data: '', permissions: '0644' } });
    expect(found('boot')).toMatchObject({ parameters: { timeoutS: 600 } });
  });

  it.each<[string, unknown, RegExp]>([
    ['no list', { a: 1 }, /^deployment_tasks must be a list/],
    ['no object', ['x'], /^Deployment task 1 must be an object/],
    ['no id', [{ type: 'stage' }], /^Deployment task 1: id is missing/],
    ['a number as id', [{ id: 7, type: 'stage' }], /id must be a text/],
    ['NUL', [{ id: 'a\0', type: 'stage' }], /NUL/],
    ['no type', [{ id: 'a' }], /^Deployment task 'a': type is missing; it is one of shell, upload_file, reboot/],
    ['an unknown type', [shell({ type: 'puppet' })], /^Deployment task 'a': the type "puppet" is not supported/],
    ['a name every object has', [shell({ type: 'constructor' })], /the type "constructor" is not supported/],
    ['a list as type', [shell({ type: ['shell'] })], /the type \["shell"\] is not supported/],
    ['an unknown field', [shell({ condition: 'x' })], /'condition' is not a field of the type shell/],
    ['an unknown parameter', [shell({ parameters: { cmd: 'x', shell: 'y' } })], /parameters: 'shell' is not a field/],
    ['a parameter of another type', [{ id: 'a', type: 'reboot', role: '*', parameters: { cmd: 'x' } }], /'cmd' is not/],
    ['a role for a stage', [{ id: 'a', type: 'stage', role: '*' }], /'role' is not a field of the type stage/],
    ['no command', [shell({ parameters: {} })], /parameters: cmd is missing/],
    ['an empty command', [shell({ parameters: { cmd: ' ' } })], /cmd must not be empty/],
    ['a long command', [shell({ parameters: { cmd: 'x'.repeat(70_000) } })], /65536 characters, not 70000/],
    ['a list as parameters', [shell({ parameters: [] })], /parameters must be an object/],
    ['no nodes', [shell({ role: [] })], /role or groups must say on which nodes/],
    ['a pattern', [shell({ role: ['/^c/'] })], /'\/\^c\/' is a pattern/],
    ['Fuel’s own server', [shell({ role: 'master' })], /the role 'master'/],
    ['version 2', [shell({ version: '2.0.0' })], /only version 1/],
    ['timeout 0', [shell({ parameters: { cmd: 'x', timeout: 0 } })], /timeout must be a whole number from 1 to/],
    ['a text as timeout', [shell({ parameters: { cmd: 'x', timeout: '5' } })], /timeout must be a whole number/],
    ['half a retry', [shell({ parameters: { cmd: 'x', retries: 0.5 } })], /retries must be a whole number/],
    ['a relative cwd', [shell({ parameters: { cmd: 'x', cwd: 'tmp' } })], /cwd must be an absolute path/],
    ['names that are none', [shell({ requires: [1] })], /requires must be a list of names/],
    ['an unknown requirement', [shell({ requires: ['b'] })], /'a': requires names 'b', and there is no such task/],
    ['an unknown successor', [shell({ required_for: ['b'] })], /'a': required_for names 'b'/],
    ['the same id twice', [shell(), shell()], /'a': another task has the same id/],
    ['itself', [shell({ requires: ['a'] })], /circle: a before a$/],
    [
      'a circle',
      [shell({ requires: ['b'] }), shell({ id: 'b', requires: ['a'] })],
      /circle: (a before b before a|b before a before b)$/,
    ],
    ['no path', [{ id: 'a', type: 'upload_file', role: '*', parameters: { data: 'x' } }], /path is missing/],
    ['a path up', [{ id: 'a', type: 'upload_file', role: '*', parameters: { path: '/a/../b', data: '' } }], /absolute/],
    [
      'a directory',
      [{ id: 'a', type: 'upload_file', role: '*', parameters: { path: '/a/', data: '' } }],
      /name a file/,
    ],
    [
      'a number as mode',
      [{ id: 'a', type: 'upload_file', role: '*', parameters: { path: '/a', data: '', permissions: 644 } }],
      /octal/,
    ],
    [
      'a strategy',
      [{ id: 'a', type: 'group', role: 'x', parameters: { strategy: { type: 'best' } } }],
      /parallel or one_by_one/,
    ],
    ['too many', Array.from({ length: 2001 }, (_, index) => shell({ id: `t${index}` })), /2000 tasks, not 2001/],
  ])('refuse %s', (_what, raw, sentence) => {
    expect(refusalOf(raw)).toMatch(sentence);
  });

  it('read two thousand of them, each after the one before, without delay', () => {
    const many = Array.from({ length: 2000 }, (_, index) =>
      shell({ id: `t${index}`, requires: index < 1999 ? [`t${index + 1}`] : [] }),
    );
    expect(parseDeploymentTasks(many)).toHaveLength(2000);
  });

  it('are either read or refused with a sentence, whatever they are', () => {
    const names = ['id', 'type', 'role', 'groups', 'requires', 'required_for', 'parameters', 'version', '__proto__'];
    const words = ['a', 'b', 'shell', 'upload_file', 'reboot', 'group', 'stage', 'skipped', '*', '1.0.0'];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(...words, ['a'], [['a']], { cmd: 'x' }, null));
    const task = fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...names), value));
    const verdict = (raw: unknown): string => {
      try {
        return `read ${parseDeploymentTasks(raw).length}`;
      } catch (error) {
        return error instanceof Invalid && error.message.length < 2_000 ? 'refused' : String(error);
      }
    };
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.array(task)), (raw) => {
        expect(verdict(raw)).toMatch(/^(read \d+|refused)$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
