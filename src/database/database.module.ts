import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Config } from '../config/config.js';
import { dataSourceOptions } from './data-source.js';
import { PreparedSql } from './prepared-sql.js';

/**
 * The application's `DataSource`, made from the `Config`, whose `databaseUrl` is by then the one really in use
 * (`openDatabase` filled in the embedded server's and migrated it). Destroyed in Nest's last shutdown phase, so
 * whoever still writes while stopping does so in `onModuleDestroy` or `beforeApplicationShutdown`.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Config],
      useFactory: ({ values }: Config) => {
        if (values.databaseUrl === undefined) throw new Error('the database must be opened before the application');
        return { ...dataSourceOptions(values.databaseUrl, values.databasePool), retryAttempts: 10, retryDelay: 1_000 };
      },
    }),
  ],
  providers: [PreparedSql],
  exports: [TypeOrmModule, PreparedSql],
})
export class DatabaseModule {}
