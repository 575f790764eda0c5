import type { StepKind } from '../templates/template.js';
import { attributesStep } from './attributes-step.js';
import { httpStep } from './http-step.js';
import { leaseStep, releaseStep } from './lease-steps.js';
import { shellStep } from './shell-step.js';
import { simulateStep } from './simulate-step.js';
import { sshStep } from './ssh-step.js';
import type { WorkHandler } from './step-work.js';

/** Who does which kind of step. */
export const STEP_HANDLERS: Readonly<Record<StepKind, WorkHandler>> = {
  simulate: simulateStep,
  attributes: attributesStep,
  shell: shellStep,
  ssh: sshStep,
  http: httpStep,
  lease: leaseStep,
  release: releaseStep,
};
