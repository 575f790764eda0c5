import { Get, Query } from '@nestjs/common';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { type Aliens, NodepoolWork } from '../nodepool-work.js';
import { askedProviders } from '../requests/asked-providers.js';
import { NodepoolController } from './nodepool-controller.decorator.js';
import { TakesLogin } from './nodepool.guard.js';

interface AlienServerView {
  readonly provider_name: string;
  readonly hostname: string;
  readonly external_id: string;
  readonly ip: string | null;
  readonly state: string;
}

interface AlienImageView {
  readonly provider_name: string;
  readonly image_name: string;
  readonly external_id: string;
  readonly state: string;
}

interface WarningView {
  readonly provider_name: string;
  readonly description: string;
}

/**
 * Ours, additive: what the command line's `alien-list` and `alien-image-list` show (spec nodepool section 4). A provider that
 * cannot be asked becomes a warning. Takes a login, because every call goes out to the providers.
 */
@TakesLogin()
@NodepoolController()
export class AliensController {
  constructor(
    private readonly config: NodepoolConfigStore,
    private readonly work: NodepoolWork,
  ) {}

  @Get('aliens/servers')
  async servers(
    @Query('provider') provider: unknown,
  ): Promise<{ servers: AlienServerView[]; warnings: WarningView[] }> {
    const answers = await this.work.alienServers(this.providers(provider));
    const servers = answers.flatMap(({ provider: provider_name, found }) =>
      found.map(({ name, id, ip, status }) => ({ provider_name, hostname: name, external_id: id, ip, state: status })),
    );
    return { servers, warnings: warningsOf(answers) };
  }

  @Get('aliens/images')
  async images(@Query('provider') provider: unknown): Promise<{ images: AlienImageView[]; warnings: WarningView[] }> {
    const answers = await this.work.alienImages(this.providers(provider));
    const images = answers.flatMap(({ provider: provider_name, found }) =>
      found.map(({ name, id, status }) => ({ provider_name, image_name: name, external_id: id, state: status })),
    );
    return { images, warnings: warningsOf(answers) };
  }

  private providers(asked: unknown): string[] {
    const config = this.config.current();
    const name = typeof asked === 'string' && asked !== '' ? asked : 'all';
    return config === null && name === 'all' ? [] : askedProviders(config, name).providers.map((each) => each.name);
  }
}

function warningsOf(answers: readonly Aliens<unknown>[]): WarningView[] {
  return answers.flatMap(({ provider, problem }) =>
    problem === null ? [] : [{ provider_name: provider, description: problem }],
  );
}
