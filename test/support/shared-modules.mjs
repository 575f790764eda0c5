/**
 * Jest's runtime, but what is not a test is loaded once per worker process and not once per spec file: the application
 * and the packages it stands on are most of what a spec that starts it would otherwise wait for. Specs, and what only
 * they use, are still loaded anew for each file; they are run in the process's own context, so that an array of theirs is
 * an array to the application.
 *
 * It reaches into Jest's ES module loader. Where Jest loads modules another way (Node from 22.21), nothing is shared,
 * and the run is slower but the same.
 */
import { register } from 'node:module';
import { join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SyntheticModule } from 'node:vm';
import Runtime from 'jest-runtime';

register('./typescript-hooks.mjs', import.meta.url);

const ROOT = join(import.meta.dirname, '../..');
const SHARED = [join(ROOT, 'src') + sep, join(ROOT, 'node_modules') + sep];
const TEST_GLOBALS = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'test'];
/** What Jest's own code, which keeps a context of its own, compares ours with: `expect.any(String)`, `instanceof Error`. */
const COMPARED = [
  'Array',
  'BigInt',
  'Boolean',
  'Date',
  'Error',
  'Function',
  'Map',
  'Number',
  'Object',
  'Promise',
].concat(['RangeError', 'RegExp', 'Set', 'String', 'Symbol', 'SyntaxError', 'TypeError']);

export default class SharedModules extends Runtime {
  constructor(config, environment, ...rest) {
    super(config, environment, ...rest);
    for (const name of COMPARED) environment.global[name] = globalThis[name];
    const loader = this.esmLoader;
    const loadAlone = loader.resolveModule.bind(loader);
    const shared = new Map();
    loader.getContext = () => undefined;
    loader.resolveModule = async (specifier, from, context) => {
      const path = await this.sharedPath(specifier, from);
      if (path === null) return loadAlone(specifier, from, context);
      if (!shared.has(path)) shared.set(path, moduleOf(path));
      return shared.get(path);
    };
  }

  unstable_importModule(...args) {
    for (const name of TEST_GLOBALS) globalThis[name] = this._environment.global[name];
    return super.unstable_importModule(...args);
  }

  /** Null: the spec has it for itself. */
  async sharedPath(specifier, from) {
    if (specifier.startsWith('node:') || specifier === '@jest/globals') return null;
    const path = await this._resolution.resolveEsmAsync(from, specifier);
    return SHARED.some((folder) => path.startsWith(folder)) && !path.endsWith('.spec.ts') ? path : null;
  }
}

async function moduleOf(path) {
  const exported = await import(pathToFileURL(path).href);
  const values = new Map(Object.entries(exported));
  // As Jest does: every name of a CommonJS module, not only those that can be told from its text.
  for (const [name, value] of Object.entries(exported.default ?? {})) if (!values.has(name)) values.set(name, value);
  const fill = () => values.forEach((value, name) => module.setExport(name, value));
  const module = new SyntheticModule([...values.keys()], fill, { identifier: path });
  await module.link(() => undefined);
  await module.evaluate();
  return module;
}
