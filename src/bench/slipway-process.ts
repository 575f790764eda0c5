/** A Slipway server as a process of the benchmark. */
import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { Config } from '../config/config.js';
import type { SettingValues } from '../config/settings.js';
import { type RunningServer, startServer } from '../server.js';
import { UpgradeJobsService } from '../upgrades/rollout/upgrade-jobs.service.js';
import { answerParent } from './child-answers.js';

let server: RunningServer | undefined;

export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

answerParent({
  async start(settings: SettingValues) {
    server = await startServer(new Config(settings));
  },
  async url() {
    return server?.url;
  },
  /** The statement the status of a batch is read with, so that the bare handler runs the very same one. */
  async statusStatement(batchId: string) {
    if (!server) throw new Error('not started');
    const dataSource = server.app.get(DataSource);
    const query = dataSource.query.bind(dataSource);
    const seen: Statement[] = [];
    dataSource.query = (text: string, parameters: unknown[] = []) => {
      seen.push({ text, parameters });
      return query(text, parameters);
    };
    try {
      await server.app.get(UpgradeJobsService).listByBatch(batchId);
    } finally {
      dataSource.query = query;
    }
    return seen[0];
  },
  async stop() {
    await server?.stop();
  },
});
