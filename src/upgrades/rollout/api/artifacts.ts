import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import type { StoredArtifact } from '../upgrade-jobs.service.js';

export const ARTIFACT_TYPES = ['report', 'pre', 'post', 'diff', 'all'] as const;
export type ArtifactType = (typeof ARTIFACT_TYPES)[number];

export function isArtifactType(value: string): value is ArtifactType {
  return (ARTIFACT_TYPES as readonly string[]).includes(value);
}

/** All of them one after another, each under its name. */
export function artifactsText(artifacts: readonly StoredArtifact[]): string {
  return artifacts.map(({ name, content }) => `===== ${name} =====\n${content}\n`).join('\n');
}

/** A zip with a folder for each kind. */
export function artifactsZip(artifacts: readonly StoredArtifact[]): Readable {
  const zip = new ZipFile();
  for (const { kind, name, content, at } of artifacts) {
    zip.addBuffer(Buffer.from(content), `${kind}/${name.replaceAll(/[^\w.-]+/g, '_')}.txt`, { mtime: at });
  }
  zip.end();
  return Readable.from(zip.outputStream);
}
