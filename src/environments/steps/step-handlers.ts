import type { StepKind } from '../templates/template.js';
import { attributesStep } from './attributes-step.js';
import { simulateStep } from './simulate-step.js';
import type { WorkHandler } from './step-work.js';

/** Who does which kind of step. */
export const STEP_HANDLERS: Readonly<Partial<Record<StepKind, WorkHandler>>> = {
  simulate: simulateStep,
  attributes: attributesStep,
};
