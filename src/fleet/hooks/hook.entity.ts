import { Check, Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { HookMapping } from './hook-mapping.js';

/** Whose way of signing a caller uses. `standard`: Standard Webhooks; `generic`: a plain HMAC over time and body. */
export const HOOK_KINDS = ['github', 'gitlab', 'standard', 'generic'] as const;
export type HookKind = (typeof HOOK_KINDS)[number];

/** An address where another system asks for a plan to be started. */
@Entity('hooks')
@Unique('hooks_name_key', ['name'])
@Check('hooks_kind_check', `kind in ('github', 'gitlab', 'standard', 'generic')`)
export class Hook {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'hooks_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text' })
  kind: HookKind;

  @Column({ name: 'secret_encrypted', type: 'text' })
  secretEncrypted: string;

  @Column({ name: 'plan_name', type: 'text' })
  planName: string;

  @Column({ type: 'jsonb' })
  mapping: HookMapping;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Under whose rights it starts: who made it or changed it last. */
  @Column({ name: 'owner_id', type: 'integer', nullable: true })
  ownerId: number | null;

  @Column({ name: 'owner_name', type: 'text' })
  ownerName: string;

  /** Raised by every change people make; the ETag. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
