import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Eight megabytes, to be filled up by a test. */
export function mountSmallDisk(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', directory], { stdio: 'ignore' });
}

export function unmount(directory: string): void {
  // Lazily: the server may not have closed its handle yet.
  execFileSync('umount', ['-l', directory], { stdio: 'ignore' });
}

/** Only root may, and not in every container. */
export function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-mount-'));
  try {
    mountSmallDisk(directory);
    unmount(directory);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function fillDisk(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(64 * 1024));
  } catch {
    // Full: that is the aim.
  }
}
