import { Get } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisSettingsService } from '../../access/genesis-settings.service.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { Address, link, linksOf } from '../../wire/genesis-links.js';

/** The first call of the web interface: who am I, and where are the projects (spec environments section 2.2). */
@GenesisController('')
export class RootController {
  constructor(
    private readonly access: AccessService,
    private readonly settings: GenesisSettingsService,
  ) {}

  @Get()
  async get(@CurrentPrincipal() principal: Principal, @Address() address: string) {
    const post = await this.access.maySystem(principal, 'projects.create');
    return {
      user: principal.username,
      administrator: principal.role === 'admin',
      configuration: { locale: 'en-US', environment_security_enabled: await this.settings.isRestricted() },
      links: linksOf([
        link('collection', `${address}/rest/projects`, 'Project', { get: true, post }),
        link('collection', `${address}/rest/settings`, 'SystemSettings', {
          get: await this.access.maySystem(principal, 'system.read'),
        }),
        // There is nothing to log out of for who sends a password with every request.
        link('logout', `${address}/logout`, null, { get: principal.source === 'session' }),
      ]),
    };
  }
}
