import { Check, Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { Role } from './principal.js';

/** Somebody who may ask Slipway for something. The name is stored normalised; see `username.ts`. */
@Entity('users')
@Unique('users_username_key', ['username'])
@Check('users_role_check', `role in ('viewer', 'operator', 'admin')`)
export class User {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'users_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  username: string;

  @Column({ type: 'text', default: '' })
  email: string;

  /** scrypt with its parameters; see `password-hash.ts`. */
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash: string;

  @Column({ type: 'text' })
  role: Role;

  @Column({ name: 'is_active', type: 'boolean', default: true })
  isActive: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;

  @Column({ name: 'last_login_at', type: 'timestamptz', nullable: true })
  lastLoginAt: Date | null;
}
