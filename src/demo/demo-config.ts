import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Config, isGiven, loadConfig } from '../config/config.js';
import { readOrCreateSecretFile } from '../config/secret-file.js';

/** The demo ends sooner than a server that has real upgrades to bring to a safe point. */
const SHUTDOWN_GRACE_S = 5;

export interface DemoConfig {
  readonly config: Config;
  readonly token: string;
}

/** The server's own settings, with what makes a demonstration of it. */
export async function demoConfig(): Promise<DemoConfig> {
  const { values, dataDir } = loadConfig();
  const token = values.adminToken ?? readOrCreateSecretFile(join(dataDir, 'demo-token'));
  const config = loadConfig({
    role: 'all',
    adminToken: token,
    port: isGiven('port') ? values.port : await freePort(values.host, values.port),
    shutdownGrace: isGiven('shutdownGrace') ? values.shutdownGrace : SHUTDOWN_GRACE_S,
    // Its lines would go through the demo's own.
    logLevel: isGiven('logLevel') ? values.logLevel : 'error',
  });
  return { config, token };
}

/** The usual one where it is free, any other where it is not. */
async function freePort(host: string, usual: number): Promise<number> {
  const probe = createServer();
  try {
    probe.listen(usual, host);
    await once(probe, 'listening');
    probe.close();
    await once(probe, 'close');
    return usual;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return 0;
    throw error;
  }
}
