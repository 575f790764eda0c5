import type { FileServer } from '../file-server.entity.js';
import type { Image } from '../image.entity.js';
import { toFileServerView, type FileServerView } from './file-servers.view.js';

export interface ImageView {
  readonly id: number;
  readonly filename: string;
  readonly version: string;
  readonly platform: string | null;
  readonly status: string;
  readonly file: string | null;
  readonly size_bytes: number;
  readonly md5_checksum: string | null;
  readonly sha256: string | null;
  readonly sha512: string | null;
  readonly uploaded_at: string;
  readonly uploaded_by: string;
  readonly is_remote: boolean;
  readonly remote_path: string | null;
  readonly file_server: number | null;
  readonly file_server_details: FileServerView | null;
}

/** `origin` is where the client reached us: the download's address starts there. */
export function toImageView(image: Image, server: FileServer | undefined, origin: string): ImageView {
  return {
    id: image.id,
    filename: image.filename,
    version: image.version,
    platform: image.platform,
    status: image.status,
    file: image.storageKey === null ? null : `${origin}/api/images/images/${image.id}/download/`,
    size_bytes: Number(image.sizeBytes),
    md5_checksum: image.md5,
    sha256: image.sha256,
    sha512: image.sha512,
    uploaded_at: image.uploadedAt.toISOString(),
    uploaded_by: image.uploadedBy,
    is_remote: image.isRemote,
    remote_path: image.remotePath,
    file_server: image.fileServerId,
    file_server_details: server ? toFileServerView(server) : null,
  };
}
