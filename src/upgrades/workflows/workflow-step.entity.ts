import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Workflow } from './workflow.entity.js';
import type { StepType } from './step-type.js';

@Entity('workflow_steps')
@Index('workflow_steps_workflow_id', ['workflowId', 'order'])
export class WorkflowStep {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'workflow_steps_pkey',
  })
  id: number;

  @Column({ name: 'workflow_id', type: 'integer' })
  @ForeignKey(() => Workflow, { name: 'workflow_steps_workflow_id_fkey', onDelete: 'CASCADE' })
  workflowId: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'step_type', type: 'text' })
  stepType: StepType;

  @Column({ type: 'integer' })
  order: number;

  @Column({ type: 'jsonb', default: {} })
  config: Record<string, unknown>;
}
