import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { principalOf } from '../../auth/auth.service.js';
import { type Origin, type Principal, roleCovers } from '../../auth/principal.js';
import { User } from '../../auth/user.entity.js';
import { Unprocessable } from '../../common/errors.js';
import type { Hook } from './hook.entity.js';

/** Under whose rights a hook starts its plan: those its owner has now, not those they had when it was made. */
@Injectable()
export class HookOwnersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async principalOf(hook: Hook, origin: Origin): Promise<Principal> {
    const owner =
      hook.ownerId === null
        ? null
        : await this.dataSource.manager.findOneBy(User, { id: hook.ownerId, isActive: true });
    if (!owner || !roleCovers(owner.role, 'operator')) {
      throw new Unprocessable(
        'Whoever made this hook may not start batches any more. Somebody who may has to save it.',
        {
          code: 'owner_may_not',
        },
      );
    }
    return principalOf(owner, { ...origin, source: 'hook', tokenId: null, writeEnabled: true });
  }
}
