import { readTemplate } from './file/read-template.js';
import { catalogOf, checksumOf, type UsedVersion, versionKey } from './template-catalog.js';
import type { TemplateFile } from './template-folder.js';
import type { Template } from './template.js';

function fileOf(file: string, name: string, version: string, more = ''): TemplateFile {
  const content = `name: ${name}
version: ${version}
createWorkflow: create
destroyWorkflow: destroy
workflows: {create: {${more}}, destroy: {}}
`;
  return { file, content, ...readTemplate(Buffer.from(content)) };
}

function templateOf({ template }: TemplateFile): Template {
  if (!template) throw new Error('no template');
  return template;
}

const NONE = new Map<string, UsedVersion>();

describe('the catalog of templates', () => {
  it('is in order, with what is broken left out and named', () => {
    const broken = fileOf('b.yaml', 'B/B', '1');
    const { entries, issues } = catalogOf([fileOf('c.yaml', 'C', '10'), broken, fileOf('d.yaml', 'C', '9')], NONE);
    expect(entries.map(({ template }) => `${template.name} ${template.version}`)).toEqual(['C 9', 'C 10']);
    expect(issues).toEqual([{ file: 'b.yaml', line: 1, path: 'name', message: 'has a form that is not allowed here' }]);
  });

  it('has the first of two files that are the same version', () => {
    const second = fileOf('b.yaml', 'T', '1', 'readOnly: false');
    const { entries, issues } = catalogOf([fileOf('a.yaml', 'T', '1'), second], NONE);
    expect(entries).toHaveLength(1);
    expect(issues).toEqual([expect.objectContaining({ file: 'b.yaml', message: expect.stringContaining('a.yaml') })]);
  });

  it('keeps a used version as it was', () => {
    const before = fileOf('a.yaml', 'T', '1');
    const template = templateOf(before);
    const used = new Map([
      [versionKey(template), { template, content: before.content, checksum: checksumOf(template) }],
    ]);
    const changed = fileOf('a.yaml', 'T', '1', 'steps: [{kind: simulate}]');

    expect(catalogOf([before], used)).toMatchObject({ entries: [{ template }], issues: [] });
    expect(catalogOf([changed], used)).toEqual({
      entries: [expect.objectContaining({ template, content: before.content })],
      issues: [
        expect.objectContaining({ file: 'a.yaml', message: expect.stringContaining('changes need a new version') }),
      ],
    });
    expect(catalogOf([changed], NONE).entries[0]?.template).toEqual(templateOf(changed));
  });

  it('knows a template by what it says, not by its comments or the order of its keys', () => {
    const one = readTemplate(
      Buffer.from('name: T\nversion: 1\ncreateWorkflow: c\ndestroyWorkflow: d\nworkflows: {c: {}, d: {}}'),
    );
    const same = readTemplate(
      Buffer.from('# a comment\nversion: 1\nname: T\ndestroyWorkflow: d\ncreateWorkflow: c\nworkflows: {c: {}, d: {}}'),
    );
    const other = readTemplate(
      Buffer.from('name: T\nversion: 1\ncreateWorkflow: c\ndestroyWorkflow: d\nworkflows: {d: {}, c: {}}'),
    );
    const sums = [one, same, other].map(({ template }) => (template ? checksumOf(template) : null));
    expect(sums[0]).toBe(sums[1]);
    // The order of workflows is seen by whoever lists them.
    expect(sums[0]).not.toBe(sums[2]);
  });
});
