import type { SecretBox } from '../../../config/secret-box.js';
import type { Wish } from '../../audited-rows.js';
import { boolean, choice, integer, matching, text } from '../../drf/field-rules.js';
import { Field } from '../../drf/fields.js';
import { FILE_SERVER_PROTOCOLS, type FileServer, type FileServerProtocol } from '../file-server.entity.js';

const optional = { optional: true };
const clearable = { optional: true, nullable: true };

/** All of it may become part of a command line on a device. */
export class FileServerBody {
  @Field(text()) name?: string;
  @Field(choice(FILE_SERVER_PROTOCOLS)) protocol?: FileServerProtocol;
  @Field(matching(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9:])?$/, 'Enter an IP address or a host name.'))
  address?: string;
  @Field(integer({ min: 1, max: 65535 }), clearable) port?: number | null;
  @Field(
    matching(/^(?!.*(^|\/)\.\.(\/|$))[A-Za-z0-9._+~/-]*$/, 'Enter a path of letters, digits and . _ + ~ - / only.', {
      blank: true,
      max: 1024,
    }),
    optional,
  )
  base_path?: string;
  @Field(
    matching(/^[A-Za-z0-9._@\\-]*$/, 'Enter a user name of letters, digits and . _ @ - only.', { blank: true }),
    clearable,
  )
  username?: string | null;
  @Field(text({ max: 1024, blank: true, trim: false }), clearable) password?: string | null;
  @Field(text({ blank: true }), optional) city?: string;
  @Field(boolean, optional) is_global_default?: boolean;
}

/** The password is encrypted here, so that nothing further in ever sees it. */
export function toFileServerWish(body: FileServerBody, secrets: SecretBox): Wish<FileServer> {
  const { password, username } = body;
  return {
    name: body.name,
    protocol: body.protocol,
    address: body.address,
    port: body.port,
    basePath: body.base_path,
    username: username === '' ? null : username,
    password: password === undefined ? undefined : password ? secrets.encrypt(password) : null,
    city: body.city,
    isGlobalDefault: body.is_global_default,
  };
}
