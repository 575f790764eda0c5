import type { SecretBox } from '../../../config/secret-box.js';
import type { Wish } from '../../audited-rows.js';
import { text } from '../../drf/field-rules.js';
import { Field } from '../../drf/fields.js';
import type { Credential } from '../credential.entity.js';
import { LoginFields, toLoginWish } from './login.dto.js';

export class CredentialBody extends LoginFields {
  @Field(text()) name?: string;
}

export function toCredentialWish(body: CredentialBody, secrets: SecretBox): Wish<Credential> {
  return { name: body.name, ...toLoginWish(body, secrets) };
}
