import type { Credential } from '../credential.entity.js';

export interface GlobalCredentialView {
  readonly id: number;
  readonly username: string;
  readonly has_password: boolean;
  readonly has_secret: boolean;
  readonly has_private_key: boolean;
}

export interface CredentialView extends GlobalCredentialView {
  readonly name: string;
}

export function toGlobalCredentialView(credential: Credential): GlobalCredentialView {
  return {
    id: credential.id,
    username: credential.username ?? '',
    has_password: credential.password !== null,
    has_secret: credential.secret !== null,
    has_private_key: credential.privateKey !== null,
  };
}

export function toCredentialView(credential: Credential): CredentialView {
  return { name: credential.name, ...toGlobalCredentialView(credential) };
}
