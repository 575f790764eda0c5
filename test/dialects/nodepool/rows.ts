import { DibImage } from '../../../src/nodepool/dib-image.entity.js';
import { PoolNode } from '../../../src/nodepool/pool-node.entity.js';
import { ProviderImage } from '../../../src/nodepool/provider-image.entity.js';
import type { TestDatabase } from '../../support/database.js';

/** Rows as the engine would have left them; each takes what differs. Returns the id. */
export async function addNode({ dataSource }: TestDatabase, differs: Partial<PoolNode> = {}): Promise<number> {
  const row = { providerName: 'fake-provider', labelName: 'fake-label', targetName: 'fake-target', state: 2 as const };
  const launchedAt = differs.state === 1 ? null : new Date();
  const { identifiers } = await dataSource.manager.insert(PoolNode, { ...row, launchedAt, ...differs });
  return identifiers[0]!['id'] as number;
}

export async function addImage({ dataSource }: TestDatabase, differs: Partial<ProviderImage> = {}): Promise<number> {
  const row = { providerName: 'fake-provider', imageName: 'fake-image', state: 2 as const };
  const { identifiers } = await dataSource.manager.insert(ProviderImage, { ...row, ...differs });
  return identifiers[0]!['id'] as number;
}

export async function addDib({ dataSource }: TestDatabase, differs: Partial<DibImage> = {}): Promise<number> {
  const row = { imageName: 'fake-dib-image', filename: '/nowhere/fake-dib-image-1', state: 2 as const };
  const { identifiers } = await dataSource.manager.insert(DibImage, { ...row, ...differs });
  return identifiers[0]!['id'] as number;
}
