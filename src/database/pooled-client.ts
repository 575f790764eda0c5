import pg from 'pg';

/**
 * A pool's connection whose breaking never ends the process. PostgreSQL's goodbye may come in one packet with the end of
 * its greeting, before whoever asked the pool for the connection listens to its errors; theirs is the next query's error.
 */
export class PooledClient extends pg.Client {
  constructor(options?: pg.ClientConfig) {
    super(options);
    this.on('error', () => undefined);
  }
}
