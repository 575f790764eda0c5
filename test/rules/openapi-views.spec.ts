import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * The classes of the fleet's API are read by a plugin of the build, which the tests run without. What it cannot read makes
 * `/openapi.json` fail as a whole, in the built product only: readonly arrays, and classes that come later in their file.
 */
const FLEET = join(import.meta.dirname, '..', '..', 'src', 'fleet');
const SHOWN = /(\.view|\.dto|-request|-fields)\.ts$/;

function fieldsOf(
  text: string,
): { readonly owner: string; readonly name: string; readonly type: ts.TypeNode; readonly at: number }[] {
  const file = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  return file.statements
    .filter(ts.isClassDeclaration)
    .flatMap((declared) =>
      declared.members
        .filter(ts.isPropertyDeclaration)
        .flatMap((member) =>
          member.type
            ? [{ owner: declared.name?.text ?? '', name: member.name.getText(), type: member.type, at: declared.pos }]
            : [],
        ),
    );
}

function faultsOf(text: string): string[] {
  const classes = new Map([...text.matchAll(/^(?:export )?class (\w+)/gm)].map((found) => [found[1]!, found.index]));
  return fieldsOf(text).flatMap(({ owner, name, type, at }) => {
    const named = type.getText();
    const later = [...classes].filter(
      ([each, place]) => place > at && each !== owner && new RegExp(`\\b${each}\\b`).test(named),
    );
    return /\breadonly\b/.test(named) || later.length > 0 ? [`${owner}.${name}: ${named}`] : [];
  });
}

describe('the classes that the OpenAPI document is made of', () => {
  const files = readdirSync(FLEET, { recursive: true, encoding: 'utf8' }).filter((path) => SHOWN.test(path));

  it('are such that the build can read them', () => {
    expect(files.length).toBeGreaterThan(10);
    const faults = files.flatMap((path) =>
      faultsOf(readFileSync(join(FLEET, path), 'utf8')).map((fault) => `${path}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('would be found out', () => {
    expect(faultsOf('class A {\n  items: readonly string[];\n}')).toEqual(['A.items: readonly string[]']);
    expect(faultsOf('class A {\n  b: B[];\n}\nclass B {\n  x: string;\n}')).toEqual(['A.b: B[]']);
    expect(faultsOf('class B {\n  x: string;\n}\nclass A {\n  b: B[];\n}')).toEqual([]);
  });
});
