import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import type { Token } from '../../auth/token.entity.js';
import { TokensService } from '../../auth/tokens.service.js';
import { User } from '../../auth/user.entity.js';
import { Invalid, NotFound } from '../../common/errors.js';
import { invalidFields } from '../../common/fields/read-fields.js';
import { SecretBox } from '../../config/secret-box.js';
import { once, type IdempotentRequest } from '../../http/idempotency/idempotency.js';
import { Conditions } from '../paging/conditions.js';
import { listPage, type ListOrder } from '../paging/list-page.js';
import type { Page, PageWish } from '../paging/page.js';
import { PlansService } from './plans.service.js';

export type PlanTokenRow = Pick<
  Token,
  'id' | 'keyPreview' | 'description' | 'expiresAt' | 'allowedIps' | 'createdAt' | 'lastUsedAt'
> & { readonly owner: string };

export interface PlanTokenWish {
  readonly description: string;
  readonly expiresAt: Date;
  readonly allowedIps: readonly string[];
}

const ORDER: ListOrder = { list: 'plan-tokens', direction: 'asc', keys: [{ column: 't.id', type: 'integer' }] };
const COLUMNS = `t.id, t.key_preview as "keyPreview", t.description, t.expires_at as "expiresAt",
  t.allowed_ips as "allowedIps", t.created_at as "createdAt", t.last_used_at as "lastUsedAt", u.username as owner`;

/** Tokens that start one plan, see what they started, and run out. They stand for whoever made them. */
@Injectable()
export class PlanTokensService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plans: PlansService,
    private readonly tokens: TokensService,
    private readonly audit: AuditService,
    private readonly secrets: SecretBox,
  ) {}

  async list(plan: string, wish: PageWish): Promise<Page<PlanTokenRow>> {
    await this.plans.get(plan);
    const where = new Conditions().add((p) => `t.plan = ${p(plan)}`);
    const from = 'tokens t join users u on u.id = t.user_id';
    return listPage(this.dataSource, { order: ORDER, columns: COLUMNS, from, where, wish });
  }

  /** The key is in this answer and nowhere else; for a repetition it is kept sealed. */
  async create(
    principal: Principal,
    planName: string,
    wish: PlanTokenWish,
    repeat: IdempotentRequest | null,
  ): Promise<{ readonly token: PlanTokenRow; readonly key: string }> {
    const plan = await this.plans.get(planName);
    const { id, sealed } = await this.dataSource.transaction((tx) =>
      once(tx, repeat, async () => {
        const owner = principal.userId === null ? null : await tx.findOneBy(User, { id: principal.userId });
        if (!owner) throw new Invalid('Only users of our own can own a token.', { code: 'no_own_user' });
        const { token, key } = await this.tokens.mint(tx, owner, 'plan', { ...wish, plan: plan.name }).catch(worded);
        await this.audit.record(tx, principal, {
          action: 'create',
          objectType: 'token',
          objectId: token.id,
          objectRepr: `${token.keyPreview}… of ${owner.username} for the plan ${plan.name}`,
          after: token,
        });
        return { id: token.id, sealed: this.secrets.encrypt(key) };
      }),
    );
    const [token] = await this.dataSource.query<PlanTokenRow[]>(
      `select ${COLUMNS} from tokens t join users u on u.id = t.user_id where t.id = $1`,
      [id],
    );
    if (!token) throw new NotFound('The token was deleted since.');
    return { token, key: this.secrets.decrypt(sealed) };
  }

  async revoke(principal: Principal, plan: string, id: number): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>('select 1 from tokens where id = $1 and plan = $2', [id, plan]);
    if (rows.length === 0) throw new NotFound(`The plan ${plan} has no token "${id}".`);
    await this.tokens.revoke(principal, id);
  }
}

/** The token's own refusal names its field as another dialect does. */
function worded(error: unknown): never {
  if (error instanceof Invalid && error.details['field'] === 'allowed_ips') {
    throw invalidFields([{ pointer: '/allowed_ips', detail: error.message }]);
  }
  throw error;
}
