import { Delete, Get, Param, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisSettingsService } from '../../access/genesis-settings.service.js';
import { GenesisObject, type JsonObject, required, textOf } from '../../wire/genesis-body.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { Address, collection, link, linksOf } from '../../wire/genesis-links.js';
import { inputError, success } from '../../wire/genesis-result.js';

/** The settings there are: their values can be changed, others cannot be made (spec environments section 2.2). */
@GenesisController('settings')
export class SettingsController {
  constructor(
    private readonly settings: GenesisSettingsService,
    private readonly access: AccessService,
  ) {}

  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string, @Query('prefix') prefix: unknown) {
    await this.access.assertSystem(principal, 'system.read');
    const writes = await this.access.maySystem(principal, 'system.write');
    const path = `${address}/rest/settings`;
    const items = (await this.settings.list(prefixOf(prefix))).map(({ name, value, description, isReadOnly }) => {
      const verbs = { put: writes && !isReadOnly, delete: writes && !isReadOnly };
      return {
        name,
        value,
        description,
        readOnly: isReadOnly,
        links: linksOf([link('self', `${path}/${name}`, 'SystemSettings', verbs)]),
      };
    });
    return collection(items, [link('self', path, 'SystemSettings', { get: true, delete: writes })]);
  }

  @Put(':name')
  async set(@CurrentPrincipal() principal: Principal, @Param('name') name: string, @GenesisObject() body: JsonObject) {
    await this.access.assertSystem(principal, 'system.write');
    await this.settings.set(principal, name, textOf(required(body, 'value')).trim());
    return success();
  }

  @Delete(':name')
  @IgnoresBody()
  async reset(@CurrentPrincipal() principal: Principal, @Param('name') name: string) {
    await this.access.assertSystem(principal, 'system.write');
    await this.settings.reset(principal, [this.settings.changeable(name).name]);
    return success();
  }

  @Delete()
  @IgnoresBody()
  async resetAll(@CurrentPrincipal() principal: Principal, @Query('prefix') prefix: unknown) {
    await this.access.assertSystem(principal, 'system.write');
    const names = this.settings.matching(prefixOf(prefix)).map(({ name }) => name);
    await this.settings.reset(principal, names);
    return success();
  }
}

function prefixOf(prefix: unknown): string {
  if (prefix === undefined) return '';
  if (typeof prefix !== 'string') throw inputError('Invalid input');
  return prefix;
}
