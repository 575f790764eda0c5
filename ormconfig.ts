import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfig } from './src/config/config.js';
import { dataSourceOptions } from './src/database/data-source.js';

/** For TypeORM's own command line, which needs a DATABASE_URL; Slipway's commands find the embedded one themselves. */
export default new DataSource(
  dataSourceOptions(loadConfig().values.databaseUrl ?? 'postgres://127.0.0.1:5432/slipway'),
);
