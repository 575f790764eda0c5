import { HttpCode, Param, Post, Query as QueryParameters } from '@nestjs/common';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { BootAddresses } from '../../bootdata/boot-addresses.service.js';
import { type Query, toTaskId } from '../../tasks/api/task-query.js';
import { DrydockController } from '../../wire/drydock-controller.decorator.js';
import { TakesRule } from '../../wire/drydock-rules.js';
import { BootContexts } from '../boot-contexts.service.js';

interface BootKeyView {
  readonly node_name: string;
  readonly task_id: string;
  readonly identity_key: string;
  /** What MAAS's templates look for among a machine's tags. */
  readonly tag: string;
  readonly files_url: string;
  readonly units_url: string;
}

/** The hand-off of a deployment's key, shown this once (spec drydock section 6.4). */
@DrydockController('nodes/:hostname/bootkey')
export class BootKeysController {
  constructor(
    private readonly contexts: BootContexts,
    private readonly addresses: BootAddresses,
  ) {}

  @Post()
  @TakesRule('issue_boot_key')
  @IgnoresBody()
  @HttpCode(200)
  async issue(
    @CurrentPrincipal() principal: Principal,
    @Param('hostname') hostname: string,
    @QueryParameters() query: Query,
  ): Promise<BootKeyView> {
    const { nodeName, taskId, key } = await this.contexts.issueKey(hostname, principal, toTaskId(query));
    return {
      node_name: nodeName,
      task_id: taskId,
      identity_key: key,
      tag: `${nodeName}__baid__${key}`,
      files_url: this.addresses.filesUrl(nodeName),
      units_url: this.addresses.unitsUrl(nodeName),
    };
  }
}
