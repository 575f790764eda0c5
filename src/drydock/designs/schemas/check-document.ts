import { writtenPath } from '../../../common/yaml/file-issue.js';
import { schemaChecker } from '../../../common/yaml/schema-issues.js';
import type { DesignDocument, Kind } from '../documents/design-document.js';
import { type DesignMessage, designMessage } from '../design-message.js';
import { BOOT_ACTION } from './boot-action-schema.js';
import { BAREMETAL_NODE, HARDWARE_PROFILE, HOST_PROFILE } from './host-schemas.js';
import { NETWORK, NETWORK_LINK, RACK, REGION } from './network-schemas.js';

const CHECKERS: Readonly<Record<Kind, ReturnType<typeof schemaChecker>>> = {
  Region: schemaChecker(REGION),
  Rack: schemaChecker(RACK),
  NetworkLink: schemaChecker(NETWORK_LINK),
  Network: schemaChecker(NETWORK),
  HardwareProfile: schemaChecker(HARDWARE_PROFILE),
  HostProfile: schemaChecker(HOST_PROFILE),
  BaremetalNode: schemaChecker(BAREMETAL_NODE),
  BootAction: schemaChecker(BOOT_ACTION),
};

const DIAGNOSTIC = 'The document does not have the shape its kind asks for.';

/** Every error of a document's shape as DD001 (spec drydock section 7.1). No message holds a value: one may be a password. */
export function checkDocument({ ref, data }: DesignDocument, kind: Kind): DesignMessage[] {
  return CHECKERS[kind](data).map(({ path, message }) => {
    const place = path.length === 0 ? 'data' : writtenPath(path);
    return designMessage(
      'Error',
      'DD001',
      `${kind}:v1 schema validation error: ${place} ${message}`,
      [ref],
      DIAGNOSTIC,
    );
  });
}
