import { readStatusReport } from './status-report.js';

const detail = (more: object = {}) => ({ message: 'm', error: false, ...more });

describe('a status report', () => {
  it.each([
    ['Success', 'success'],
    ['success', 'success'],
    ['Failure', 'failure'],
    ['failure', 'failure'],
  ])('may say %s', (status, read) => {
    expect(readStatusReport({ status })).toEqual({ status: read, details: [] });
  });

  it('may say nothing at all', () => {
    expect(readStatusReport({})).toEqual({ status: null, details: [] });
  });

  it('keeps further fields, and none that would speak for the server', () => {
    const spoofed = { context: 'x', context_type: 'site', ts: '1970' };
    expect(readStatusReport({ details: [detail({ ...spoofed, load: 3, more: { a: [1] } })] }).details).toEqual([
      { message: 'm', error: false, extra: { load: 3, more: { a: [1] } } },
    ]);
  });

  it('keeps the text of a message, but for what cannot be stored', () => {
    const [read] = readStatusReport({ details: [detail({ message: 'a\0b😀\ud800' })] }).details;
    expect(read?.message).toBe('ab😀\ufffd');
  });

  it('takes 256 details of 4 KiB each', () => {
    const large = detail({ text: 'x'.repeat(4_000) });
    expect(readStatusReport({ details: Array.from({ length: 256 }, () => large) }).details).toHaveLength(256);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a text', 'Success'],
    ['a number', 1],
    ['another field', { foo: 'Success' }],
    ['a field too many', { status: 'Success', more: 1 }],
    ['SUCCESS', { status: 'SUCCESS' }],
    ['incomplete', { status: 'incomplete' }],
    ['no status', { status: null }],
    ['a status in a list', { status: ['Success'] }],
    ['details that are no list', { details: {} }],
    ['no details', { details: null }],
    ['a detail that is none', { details: ['x'] }],
    ['a detail that is a list', { details: [[]] }],
    ['a detail without a message', { details: [{ error: true }] }],
    ['a detail without error', { details: [{ message: 'm' }] }],
    ['an error that is a text', { details: [detail({ error: 'true' })] }],
    ['a message that is a number', { details: [detail({ message: 1 })] }],
    ['257 details', { details: Array.from({ length: 257 }, () => detail()) }],
    ['further fields of more than 4 KiB', { details: [detail({ text: 'x'.repeat(4_097) })] }],
    ['a name that cannot be stored', { details: [detail({ 'a\0': 1 })] }],
    ['a name within that cannot be stored', { details: [detail({ a: [{ '\ud800': 1 }] })] }],
    ['fields nested 33 deep', { details: [detail({ a: JSON.parse('['.repeat(40) + ']'.repeat(40)) })] }],
    ['fields nested without end', { details: [detail({ a: JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) })] }],
  ])('must not be %s', (_what, body) => {
    expect(() => readStatusReport(body)).toThrow('Error processing body.');
  });
});
