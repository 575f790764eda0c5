import { completedPart } from '../../engine/flow.js';
import type { EnvironmentAction } from '../../records/environment-action.entity.js';
import type { EnvironmentStep } from '../../records/environment-step.entity.js';
import { optionalMillis } from '../../wire/genesis-time.js';
import type { WorkflowRun } from '../history.service.js';
import { statusWord, type StatusWords } from './status-words.js';

export interface StepView {
  readonly stepId: string;
  readonly phase: string;
  readonly status: string;
  readonly details: string;
  readonly title?: string;
  readonly regular: boolean;
  readonly started?: number;
  readonly finished?: number;
}

export interface WorkflowDetailsView {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly startedBy: string;
  readonly envId: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly stepsCompleted: number;
  readonly executionStartedTimestamp?: number;
  readonly executionFinishedTimestamp?: number;
  readonly steps?: readonly StepView[];
}

export function toWorkflowDetails({ workflow, steps }: WorkflowRun, words: StatusWords): WorkflowDetailsView {
  return {
    id: workflow.id,
    name: workflow.name,
    status: statusWord(workflow.status, words),
    startedBy: workflow.startedBy,
    envId: workflow.environmentId,
    variables: workflow.displayVariables,
    stepsCompleted: completedPart(workflow.stepsFinished, workflow.stepsTotal),
    ...present({
      executionStartedTimestamp: optionalMillis(workflow.startedAt),
      executionFinishedTimestamp: optionalMillis(workflow.finishedAt),
    }),
    ...(steps.length > 0 && { steps: steps.map((step) => toStepView(step, words)) }),
  };
}

function toStepView(step: EnvironmentStep, words: StatusWords): StepView {
  return {
    stepId: String(step.id),
    phase: step.phase,
    status: statusWord(step.status, words),
    details: step.details,
    ...(step.title !== null && { title: step.title }),
    regular: step.regular,
    ...present({ started: optionalMillis(step.startedAt), finished: optionalMillis(step.finishedAt) }),
  };
}

export function toActionTracking(action: EnvironmentAction) {
  return {
    uuid: action.uuid,
    name: action.name,
    ...(action.description !== null && { description: action.description }),
    ...present({
      startedTimestamp: optionalMillis(action.startedAt),
      finishedTimestamp: optionalMillis(action.finishedAt),
    }),
    status: action.status,
    attachments: [],
  };
}

/** Absent fields are left out, never null (spec environments section 0). */
function present<Key extends string>(fields: Readonly<Record<Key, number | undefined>>): Partial<Record<Key, number>> {
  const entries = Object.entries<number | undefined>(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Key, number>>;
}
