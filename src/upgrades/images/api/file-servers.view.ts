import type { FileServer } from '../file-server.entity.js';

export interface FileServerView {
  readonly id: number;
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly port: number | null;
  readonly base_path: string;
  readonly has_username: boolean;
  readonly has_password: boolean;
  readonly city: string;
  readonly is_global_default: boolean;
}

/** Credentials of file servers are never shown to anybody: only devices need them. */
export function toFileServerView(server: FileServer): FileServerView {
  return {
    id: server.id,
    name: server.name,
    protocol: server.protocol,
    address: server.address,
    port: server.port,
    base_path: server.basePath,
    has_username: server.username !== null,
    has_password: server.password !== null,
    city: server.city,
    is_global_default: server.isGlobalDefault,
  };
}
