import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source.js';
import { ENTITIES } from './entities.js';

/**
 * What a migrated database still lacks, or has too much, compared with the entities: the SQL that would close the gap.
 * Empty when migrations and entities say the same. Tables without an entity are not looked at.
 */
export async function findDrift(
  databaseUrl: string,
  entities: readonly (new () => object)[] = ENTITIES,
): Promise<string[]> {
  const dataSource = new DataSource({ ...dataSourceOptions(databaseUrl, 2), entities: [...entities] });
  await dataSource.initialize();
  try {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    return upQueries.map(({ query }) => query);
  } finally {
    await dataSource.destroy();
  }
}
