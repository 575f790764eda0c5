/** Reads a workflow step's `config`, which is whatever the operator wrote: a value of the wrong type counts as absent. */
type StepConfig = Readonly<Record<string, unknown>>;

export function seconds(config: StepConfig, name: string, fallback: number): number {
  const value = config[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : fallback;
}

export function flag(config: StepConfig, name: string, fallback: boolean): boolean {
  const value = config[name];
  return typeof value === 'boolean' ? value : fallback;
}

export function text(config: StepConfig, name: string): string | null {
  const value = config[name];
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
