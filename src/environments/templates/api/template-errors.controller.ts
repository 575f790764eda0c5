import { Get } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { AccessService } from '../../access/access.service.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { Address, collection, link } from '../../wire/genesis-links.js';
import { TemplatesService } from '../templates.service.js';

/** Why template files are not offered: our own addition (spec environments sections 5.3 and 7). */
@GenesisController('template-errors')
export class TemplateErrorsController {
  constructor(
    private readonly templates: TemplatesService,
    private readonly access: AccessService,
  ) {}

  /** Every error with its file, line and place in it. */
  @Get()
  async list(@CurrentPrincipal() principal: Principal, @Address() address: string) {
    await this.access.assertSystem(principal, 'system.read');
    const items = this.templates.errors().map(({ file, line, path, message }) => ({
      file,
      ...(line === null ? {} : { line }),
      ...(path === '' ? {} : { path }),
      message,
    }));
    return collection(items, [link('self', `${address}/rest/template-errors`, 'TemplateError')]);
  }
}
