/** What a workflow's step may do (spec upgrade section 2). */
export const STEP_TYPES = [
  'readiness',
  'distribution',
  'precheck',
  'activation',
  'postcheck',
  'wait',
  'ping',
  'custom',
  'verification',
] as const;
export type StepType = (typeof STEP_TYPES)[number];
