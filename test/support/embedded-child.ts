/**
 * A process that uses an embedded server until SIGTERM, for tests that kill it or run it as somebody else. Says one
 * line when it is ready. Give up root only after everything is loaded: that user may not be able to read this folder.
 */
import { EmbeddedServer, type EmbeddedServerOptions } from '../../src/database/embedded/embedded-server.js';

export interface EmbeddedChildOptions extends EmbeddedServerOptions {
  readonly runAs?: { uid: number; gid: number };
  /** Ends by an error nobody catches, as soon as it is ready. */
  readonly crash?: boolean;
}

const { runAs, crash, ...options } = JSON.parse(process.argv[2] ?? '{}') as EmbeddedChildOptions;
if (runAs) {
  process.setgroups?.([]);
  process.setgid?.(runAs.gid);
  process.setuid?.(runAs.uid);
}
const server = await EmbeddedServer.start(options);
const leave = (): void => void server.stop().then(() => process.exit(0));
process.once('SIGTERM', leave);
// The test that started us is gone.
process.stdin.once('end', leave).resume();
process.stdout.write(`${JSON.stringify({ url: server.url, started: server.started, folder: server.folder })}\n`);
if (crash) {
  setImmediate(() => {
    throw new Error('nobody catches this');
  });
}
