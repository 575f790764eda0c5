import type { Wish } from '../../audited-rows.js';
import { parseBody } from '../../drf/body.pipe.js';
import { boolean, choice, integer, jsonObject, kindOf, matching, reference, text } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import { invalidFields } from '../../drf/refusals.js';
import { PLATFORMS } from '../../platforms.js';
import { CHECK_CATEGORIES, CHECK_TYPES, type Check, type CheckCategory, type CheckType } from '../check.entity.js';
import { STEP_TYPES, type StepType } from '../step-type.js';
import type { WorkflowStep } from '../workflow-step.entity.js';
import type { Workflow } from '../workflow.entity.js';
import type { StepWish } from '../workflows.service.js';

const MOST_STEPS = 100;
const optional = { optional: true };
const clearable = { optional: true, nullable: true };

const anyList: FieldRule<readonly unknown[]> = (value) =>
  Array.isArray(value) ? { value } : { error: `Expected a list of items but got type "${kindOf(value)}".` };

export class StepBody {
  @Field(text({ max: 100 })) name!: string;
  @Field(choice(STEP_TYPES)) step_type!: StepType;
  @Field(integer({ max: 10_000 }), optional) order?: number;
  @Field(jsonObject, optional) config?: Record<string, unknown>;
}

export class WorkflowStepBody extends StepBody {
  @Field(reference) workflow?: number;
}

export class WorkflowBody {
  @Field(text()) name?: string;
  @Field(text({ max: 10_000, blank: true }), optional) description?: string;
  @Field(boolean, optional) is_default?: boolean;
  @Field(anyList, clearable) steps?: readonly unknown[] | null;
}

export function toWorkflowWish(body: WorkflowBody): Wish<Workflow> {
  return { name: body.name, description: body.description, isDefault: body.is_default };
}

export function toStepWish(body: WorkflowStepBody): Wish<WorkflowStep> {
  return {
    workflowId: body.workflow,
    name: body.name,
    stepType: body.step_type,
    order: body.order,
    config: body.config,
  };
}

/** A list of steps in the order they run; one without an `order` stands where it is written. */
export function toStepWishes(value: unknown): StepWish[] {
  if (!Array.isArray(value)) {
    throw invalidFields({ non_field_errors: [`Expected a list of items but got type "${kindOf(value)}".`] });
  }
  if (value.length === 0) throw invalidFields({ non_field_errors: ['This list may not be empty.'] });
  if (value.length > MOST_STEPS) {
    throw invalidFields({ non_field_errors: [`Ensure this field has no more than ${MOST_STEPS} elements.`] });
  }
  return value.map((item: unknown, index) => {
    const step = parseBody(StepBody, item ?? 'null');
    return { name: step.name, stepType: step.step_type, order: step.order ?? index + 1, config: step.config ?? {} };
  });
}

/** It is typed on a device: one printable line. */
const command = matching(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, 'Enter one line without control characters.', { max: 500 });

export class CheckBody {
  @Field(text()) name?: string;
  @Field(text({ max: 10_000, blank: true }), optional) description?: string;
  @Field(choice(CHECK_TYPES), optional) check_type?: CheckType;
  @Field(choice(CHECK_CATEGORIES), optional) category?: CheckCategory;
  @Field(command) command?: string;
  @Field(choice(PLATFORMS), clearable) platform?: string | null;
  @Field(boolean, optional) is_default?: boolean;
}

export function toCheckWish(body: CheckBody): Wish<Check> {
  return {
    name: body.name,
    description: body.description,
    checkType: body.check_type,
    category: body.category,
    command: body.command,
    platform: body.platform,
    isDefault: body.is_default,
  };
}
