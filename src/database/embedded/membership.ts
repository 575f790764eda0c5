import { realpathSync } from 'node:fs';
import pg from 'pg';
import { isDatabaseUnavailable } from '../pg-errors.js';
import { DATABASE_USER } from './cluster.js';

export const DATABASE_NAME = 'slipway';

/** Shared by every Slipway process that uses this server; whoever gets it alone is the last. */
const MEMBERS_LOCK = 5_710_329_480;

/** Something answers on that port with our password, but not from our data. */
export class WrongServer extends Error {}

/**
 * A session held open for as long as this process uses the embedded server. The kernel closes it however the process
 * ends, and it closes at once when the server dies: no lock file of ours can go stale.
 */
export class Membership {
  private constructor(private readonly session: pg.Client) {}

  static async enter(port: number, password: string, data: string): Promise<Membership> {
    const session = new pg.Client({
      host: '127.0.0.1',
      port,
      user: DATABASE_USER,
      password,
      database: 'postgres',
      application_name: 'slipway embedded',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    // Every query in flight is rejected too; without a listener the loss would end the process.
    session.on('error', () => undefined);
    await session.connect();
    try {
      // Waits while the last member is stopping the server, and is then cut off with it.
      await session.query('select pg_advisory_lock_shared($1)', [MEMBERS_LOCK]);
      await checkData(session, data);
      await createDatabase(session);
      return new Membership(session);
    } catch (error) {
      await session.end().catch(() => undefined);
      throw error;
    }
  }

  onLost(react: () => void): void {
    this.session.once('end', react);
  }

  /** Is nobody left but us? Then new members wait until `close`, by which time the server is gone. */
  async leave(): Promise<boolean> {
    try {
      await this.session.query('select pg_advisory_unlock_shared($1)', [MEMBERS_LOCK]);
      const { rows } = await this.session.query<{ alone: boolean }>('select pg_try_advisory_lock($1) as alone', [
        MEMBERS_LOCK,
      ]);
      return rows[0]?.alone === true;
    } catch (error) {
      // It went away by itself; whoever starts it again decides about it.
      if (isDatabaseUnavailable(error)) return false;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.session.end().catch(() => undefined);
  }
}

async function checkData(session: pg.Client, data: string): Promise<void> {
  const { rows } = await session.query<{ data: string }>(`select current_setting('data_directory') as data`);
  const served = rows[0]?.data ?? '';
  if (served !== data && served !== realpathSync(data))
    throw new WrongServer(`the server on this port serves ${served}`);
}

async function createDatabase(session: pg.Client): Promise<void> {
  const { rowCount } = await session.query('select from pg_database where datname = $1', [DATABASE_NAME]);
  if (rowCount) return;
  await session.query(`create database ${DATABASE_NAME}`).catch((error: { code?: string }) => {
    // Two processes on a new cluster: the other one was first.
    if (error.code !== '42P04' && error.code !== '23505') throw error;
  });
}
