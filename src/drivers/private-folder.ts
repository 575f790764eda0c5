import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A folder that only its owner looks into. What it lies in others may pass through: something of theirs may lie there too. */
export async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o711 });
  await mkdir(path, { recursive: true, mode: 0o700 });
}
