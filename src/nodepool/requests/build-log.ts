import { open } from 'node:fs/promises';
import type { NodepoolConfig } from '../config/nodepool-config.js';
import type { DibBuild } from '../dib-build.entity.js';

/** The end of a log is what says why; a whole one may be hundreds of megabytes. */
const LONGEST_LOG = 4 * 1024 * 1024;
const SECRET_NAME = /pass|secret|token|key|cred|auth/i;

/** The build's log from its file, else the end of it that the database keeps; null when nothing was logged. */
export async function readBuildLog(build: DibBuild): Promise<string | null> {
  const text = build.logPath === null ? null : await readEnd(build.logPath);
  return text ?? build.logTail ?? build.error;
}

async function readEnd(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const length = Math.min(size, LONGEST_LOG);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    // It is on the machine that built, or was cleaned away.
    return null;
  }
}

/** What of the config must not be read in a log: a builder run with `-x` prints its whole environment. */
export function secretsOf(config: NodepoolConfig | null): string[] {
  const passwords = (config?.providers ?? []).map(({ password }) => password ?? '');
  const variables = (config?.diskimages ?? []).flatMap(({ envVars }) => Object.entries(envVars));
  const secret = variables.filter(([name]) => SECRET_NAME.test(name)).map(([, value]) => value);
  return [...passwords, ...secret].filter((value) => value.length >= 4);
}

export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
