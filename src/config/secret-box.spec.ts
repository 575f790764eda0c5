import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Config } from './config.js';
import { resolveSecretKey, SecretBox, UnreadableSecret } from './secret-box.js';
import { InvalidSettings, parseSettings } from './settings.js';

describe('SecretBox', () => {
  const box = new SecretBox('a key for tests');

  it('gives back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect(box.decrypt(box.encrypt(text))).toBe(text);
      }),
    );
  });

  it('is opened by another box with the same key, and by none with another', () => {
    const stored = box.encrypt('hunter2');
    expect(new SecretBox('a key for tests').decrypt(stored)).toBe('hunter2');
    expect(() => new SecretBox('another key').decrypt(stored)).toThrow(UnreadableSecret);
  });

  it('never looks the same twice, and shows its version but not the text', () => {
    const [first, second] = [box.encrypt('hunter2'), box.encrypt('hunter2')];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^v1:[\w-]+$/);
    expect(Buffer.from(first.slice(3), 'base64url').toString('latin1')).not.toContain('hunter2');
  });

  it('refuses whatever was altered, cut or made otherwise', () => {
    const stored = box.encrypt('hunter2');
    const bytes = Buffer.from(stored.slice(3), 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => box.decrypt(`v1:${altered.toString('base64url')}`)).toThrow(UnreadableSecret);
    }
    for (const wrong of ['', 'v1:', 'v2' + stored.slice(2), stored.slice(0, 20), 'hunter2']) {
      expect(() => box.decrypt(wrong)).toThrow(UnreadableSecret);
    }
  });
});

describe('resolveSecretKey', () => {
  let dataDir: string;
  const configOf = (environment: Record<string, string>): Config =>
    new Config(parseSettings({ SLIPWAY_DATA_DIR: dataDir, ...environment }));

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'slipway-key-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  it('takes the setting where there is one', () => {
    expect(resolveSecretKey(configOf({ SLIPWAY_SECRET_KEY: 'mine', DATABASE_URL: 'postgres://db' }))).toBe('mine');
  });

  it('makes a key for the embedded database once, readable by its owner only', () => {
    const key = resolveSecretKey(configOf({}));
    expect(key.length).toBeGreaterThanOrEqual(43);
    expect(resolveSecretKey(configOf({}))).toBe(key);
    const file = join(dataDir, 'secret-key');
    expect(readFileSync(file, 'utf8').trim()).toBe(key);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not replace a key file that has become empty', () => {
    writeFileSync(join(dataDir, 'secret-key'), '');
    expect(() => resolveSecretKey(configOf({}))).toThrow(/secret-key is empty/);
  });

  it('refuses to make one for a database of its own', () => {
    const attempt = (): string => resolveSecretKey(configOf({ DATABASE_URL: 'postgres://db' }));
    expect(attempt).toThrow(InvalidSettings);
    expect(attempt).toThrow(/SLIPWAY_SECRET_KEY must be set when DATABASE_URL is set/);
  });
});
