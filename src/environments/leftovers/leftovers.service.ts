import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { Config } from '../../config/config.js';
import { environmentKey, workflowOfToken } from '../steps/command-names.js';
import { StepDrivers } from '../steps/step-drivers.js';

const BETWEEN_MS = 15_000;
const BY = 'environments';

interface KnownEnvironment {
  readonly id: number;
  readonly createdAt: Date;
  readonly isDestroyed: boolean;
  /** The workflow that is at work on it. */
  readonly workflowId: number | null;
}

/**
 * What workflows left behind when nobody was there to clear up: commands of a workflow that was stopped while this process
 * was down, and the files and servers of destroyed environments. Of what no row of ours stands for it touches nothing.
 */
@Injectable()
export class Leftovers implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Leftovers.name);
  private running: Promise<void> | null = null;
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly config: Config,
    private readonly drivers: StepDrivers,
  ) {}

  @Interval(BETWEEN_MS)
  tick(): void {
    if (!this.config.isWorker || this.isStopping || this.running !== null) return;
    this.running = this.pass()
      .catch((error: unknown) => this.logger.warn(error instanceof Error ? error.message : String(error)))
      .finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    await this.running;
  }

  async pass(): Promise<void> {
    await this.endCommands();
    await this.giveBackServers();
  }

  /** The files are read before the rows: a command that is seen belongs to a workflow whose row is there already. */
  private async endCommands(): Promise<void> {
    const { shell } = this.drivers;
    const keys = await shell.environments();
    if (keys.length === 0) return;
    const commands = new Map(await Promise.all(keys.map(async (key) => [key, await shell.list(key)] as const)));
    for (const environment of await this.known(keys.map((key) => Number.parseInt(key, 10)))) {
      const key = environmentKey(environment);
      if (!commands.has(key)) continue;
      if (environment.isDestroyed) {
        await shell.removeEnvironment(key);
        continue;
      }
      const strays = commands.get(key)!.filter(({ token }) => workflowOfToken(token) !== environment.workflowId);
      for (const stray of strays) await shell.stop(stray);
    }
  }

  private async giveBackServers(): Promise<void> {
    const leases = this.drivers.leases.find();
    if (!leases) return;
    const rows = await this.dataSource.query<{ id: number; servers: string[] }[]>(
      `select e.id, array_agg(s.instance_id) as servers from environments e
       join leased_servers s on s.environment_id = e.id and s.status = 'Ready'
       where e.status = 'Destroyed' group by e.id order by e.id limit 100`,
    );
    for (const { id, servers } of rows) {
      await leases.release(`environment:${id}`, servers, BY);
      await this.dataSource.query(
        `update leased_servers set status = 'Released', released_at = now()
         where environment_id = $1 and instance_id = any($2::text[]) and status = 'Ready'`,
        [id, servers],
      );
    }
  }

  private known(ids: readonly number[]): Promise<KnownEnvironment[]> {
    return this.dataSource.query<KnownEnvironment[]>(
      `select e.id, e.created_at as "createdAt", e.status = 'Destroyed' as "isDestroyed", w.id as "workflowId"
       from environments e
       left join environment_workflows w on w.environment_id = e.id and w.status in ('Requested', 'Running')
       where e.id = any($1::integer[])`,
      [ids],
    );
  }
}
