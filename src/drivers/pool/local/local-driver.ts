import { join } from 'node:path';
import { PoolDriver, type PoolProvider, type PoolProviderSettings } from '../pool-provider.js';
import { ImageStore } from './image-store.js';
import { LocalPorts } from './local-ports.js';
import { LocalProvider } from './local-provider.js';
import { ServerFolders } from './server-folder.js';

/**
 * Servers on this machine, without a cloud (spec nodepool section 3, `local`): an image is a tar with an executable `init`
 * at its root, a server is that `init` as a process with its port in `PORT`. This is process isolation and no virtual
 * machine: the servers share the kernel, the network and what their user may read. Started as root, they run as `nobody`.
 * Needs Linux.
 */
export class LocalDriver extends PoolDriver {
  readonly name = 'local';

  constructor(private readonly options: { readonly graceMs?: number } = {}) {
    super();
  }

  open(settings: PoolProviderSettings): PoolProvider {
    const { name, directory } = settings;
    return new LocalProvider({
      name,
      images: new ImageStore(join(directory, 'images')),
      folders: new ServerFolders(join(directory, 'servers')),
      ports: new LocalPorts(join(directory, 'ports')),
      directory,
      graceMs: this.options.graceMs ?? 5_000,
    });
  }
}
