import type { ReachedEnvironment } from '../environment-access.service.js';
import type { EnvironmentRights } from './env.view.js';

export function rightsOf({ may }: ReachedEnvironment): EnvironmentRights {
  return { read: may('env.read'), write: may('env.write'), reset: may('env.reset') };
}
