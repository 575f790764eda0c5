import { codeOf, type SourceFile, sourceFiles } from './source-files.js';

/**
 * DESIGN section 3, from the lowest floor up. A file imports from lower floors and from its own folder; the folders of
 * one floor do not know one another.
 */
const FLOORS: readonly (readonly string[])[] = [
  // What a failed statement means is told from the error alone, how one is prepared from its text; and a connection is one.
  ['common', 'database/pg-errors', 'database/pooled-client', 'database/prepared-sql'],
  ['config'],
  ['http'],
  ['operations'],
  ['auth', 'drivers'],
  ['keystone'],
  ['orchestration'],
  ['scheduler'],
  // Fuel's three parts, and what all of them say on the wire. Clusters come last: they put releases onto nodes.
  ['fuel'],
  ['releases'],
  ['nodes'],
  ['clusters'],
  ['upgrades', 'nodepool', 'environments', 'drydock'],
  // Our own API over all of them. They hand it what it shows through the ports of the orchestration.
  ['fleet'],
];

/** They look down on every floor, and no floor looks up at them: what holds it all, and the programs that use it. */
const ROOF = ['database', 'commands', 'cli', 'demo', 'bench', 'app.module', 'server', 'main'];

const files = sourceFiles();

describe('the floors', () => {
  it('hold every file there is', () => {
    expect(files.filter(({ name }) => placeOf(name) === undefined).map(({ name }) => name)).toEqual([]);
  });

  it('are only looked down from', () => {
    expect(
      files.flatMap((file) => file.imports.filter((target) => !mayImport(file.name, target)).map(named(file))),
    ).toEqual([]);
  });
});

describe('an api folder', () => {
  it('is imported only by its own dialect and by the module that lists its controllers', () => {
    const strangers = files.flatMap((file) =>
      file.imports.filter((target) => isApi(target) && !mayImportApi(file.name, target)).map(named(file)),
    );
    expect(strangers).toEqual([]);
  });
});

describe('the files', () => {
  it('do not import one another in a circle', () => {
    expect(findCycle(files)).toEqual([]);
  });

  it('have names for what they export, and none only passes others on', () => {
    const offenders = files.filter((file) => {
      const code = codeOf(file);
      const isBarrel = /(^|\/)index$/.test(file.name) && file.name !== 'database/migrations/index';
      return isBarrel || /^export (default\b|\*)/m.test(code);
    });
    expect(offenders.map(({ name }) => name)).toEqual([]);
  });

  it('leave the environment to the config', () => {
    const readers = files.filter(
      (file) => !file.name.startsWith('config/') && /\bprocess\s*\.\s*env\b/.test(codeOf(file)),
    );
    expect(readers.map(({ name }) => name)).toEqual([]);
  });
});

interface Place {
  readonly folder: string;
  readonly floor: number;
}

function placeOf(name: string): Place | undefined {
  const isIn = (folder: string) => name === folder || name.startsWith(`${folder}/`);
  for (const [floor, folders] of FLOORS.entries()) {
    const folder = folders.find(isIn);
    if (folder !== undefined) return { folder, floor };
  }
  return ROOF.some(isIn) ? { folder: 'the roof', floor: FLOORS.length } : undefined;
}

function mayImport(from: string, to: string): boolean {
  const source = placeOf(from);
  const target = placeOf(to);
  if (!source || !target) return false;
  return target.floor < source.floor || target.folder === source.folder;
}

function isApi(name: string): boolean {
  return name.includes('/api/');
}

function mayImportApi(from: string, to: string): boolean {
  const domain = to.slice(0, to.indexOf('/api/'));
  const isModule = from.endsWith('.module') && from.slice(0, from.lastIndexOf('/')) === domain;
  return isModule || (isApi(from) && topOf(from) === topOf(to));
}

function topOf(name: string): string | undefined {
  return name.split('/')[0];
}

function named(file: SourceFile) {
  return (target: string) => `${file.name} imports ${target}`;
}

/** The first circle found, as the names along it; empty when there is none. */
function findCycle(all: readonly SourceFile[]): string[] {
  const byName = new Map(all.map((file) => [file.name, file]));
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return [];
    for (const next of byName.get(name)?.imports ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle.length > 0) return cycle;
    }
    done.add(name);
    return [];
  };
  for (const { name } of all) {
    const cycle = visit(name, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
