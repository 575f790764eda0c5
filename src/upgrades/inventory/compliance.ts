import { compareVersions, sameVersion } from '../../drivers/version.js';

export type Compliance = 'No Standard' | 'Compliant' | 'Ahead' | 'Non-Compliant';

/** Does a device run what it should? (spec upgrade section 2) */
export function complianceOf(version: string | null, goldenVersion: string | null): Compliance {
  if (goldenVersion === null) return 'No Standard';
  if (version === null || version === '') return 'Non-Compliant';
  if (sameVersion(version, goldenVersion)) return 'Compliant';
  return compareVersions(version, goldenVersion) > 0 ? 'Ahead' : 'Non-Compliant';
}
