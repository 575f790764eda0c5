import type { DataSegment } from '../../designs/design.js';
import { bytesOf, PipelineError, runPipeline } from './pipeline.js';

const render = (template: string) => template.replace('{{ x }}', 'made');
const run = (segments: readonly DataSegment[], data: Buffer | string) => runPipeline(segments, data, render);
const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('a pipeline', () => {
  it.each<[string, DataSegment[], Buffer | string, Buffer | string]>([
    ['nothing leaves bytes', [], bytes('a'), bytes('a')],
    ['nothing leaves a text', [], 'a', 'a'],
    ['utf8_decode', ['utf8_decode'], bytes('é'), 'é'],
    ['utf8_decode keeps a byte order mark', ['utf8_decode'], Buffer.from('efbbbf61', 'hex'), '\ufeffa'],
    ['utf8_encode', ['utf8_encode'], 'é', bytes('é')],
    ['base64_decode of bytes', ['base64_decode'], bytes('aGVsbG8='), bytes('hello')],
    ['base64_decode of a text', ['base64_decode'], 'aGVs\n bG8=', bytes('hello')],
    ['base64_encode', ['base64_encode'], bytes('hello'), bytes('aGVsbG8=')],
    ['template', ['template'], 'a {{ x }}', 'a made'],
    ['the usual', ['base64_decode', 'utf8_decode', 'template'], bytes('e3sgeCB9fQ=='), 'made'],
    ['and back', ['utf8_decode', 'template', 'utf8_encode', 'base64_encode'], bytes('{{ x }}'), bytes('bWFkZQ==')],
  ])('%s', (_what, segments, data, made) => {
    expect(run(segments, data)).toEqual(made);
  });

  it.each<[string, DataSegment[], Buffer | string]>([
    ['template on bytes', ['template'], bytes('x')],
    ['template after base64_decode', ['base64_decode', 'template'], bytes('aGVsbG8=')],
    ['utf8_decode on a text', ['utf8_decode', 'utf8_decode'], bytes('x')],
    ['utf8_decode of what is no UTF-8', ['utf8_decode'], Buffer.from('ff00', 'hex')],
    ['utf8_encode on bytes', ['utf8_encode'], bytes('x')],
    ['base64_encode on a text', ['utf8_decode', 'base64_encode'], bytes('x')],
    ['base64_decode without its padding', ['base64_decode'], bytes('aGVsbG8')],
    ['base64_decode of a text that is not ASCII', ['base64_decode'], 'aGVsbG8=é'],
    ['half a character', ['utf8_encode'], '\ud800'],
  ])('%s is a failure', (_what, segments, data) => {
    expect(() => run(segments, data)).toThrow(PipelineError);
  });

  it('says nothing of what it was given', () => {
    expect(() => run(['base64_decode'], 'sekret-not-base64!')).not.toThrow(/sekret/);
    expect(() => run(['template'], bytes('sekret'))).toThrow(/^template takes a text and was given bytes$/);
  });

  it('ends in bytes', () => {
    expect(bytesOf('é')).toEqual(bytes('é'));
    expect(() => bytesOf('\udfff')).toThrow(PipelineError);
  });
});
