/**
 * Fuel's granular deployment tasks (`deployment_tasks.yaml` of Fuel 6.1's plug-in reference): what a release has done on
 * its nodes. Read strictly: a field nobody acts on would be a promise nobody keeps.
 */
export type DeploymentTask = ShellTask | UploadTask | RebootTask | GroupTask | MarkerTask;

export interface AnyTask {
  readonly id: string;
  /** Roles it is for, `*` for every node; names of groups where the release has a group of that name. */
  readonly roles: readonly string[];
  readonly groups: readonly string[];
  readonly requires: readonly string[];
  readonly requiredFor: readonly string[];
}

export interface ShellTask extends AnyTask {
  readonly type: 'shell';
  readonly parameters: ShellParameters;
}

export interface ShellParameters {
  readonly cmd: string;
  readonly cwd: string;
  /** Of one try. */
  readonly timeoutS: number;
  /** Tries after the first. */
  readonly retries: number;
  /** Between two tries. */
  readonly intervalS: number;
}

export interface UploadTask extends AnyTask {
  readonly type: 'upload_file';
  readonly parameters: UploadParameters;
}

export interface UploadParameters {
  readonly path: string;
  readonly data: string;
  /** Octal, as `0644`. */
  readonly permissions: string;
}

export interface RebootTask extends AnyTask {
  readonly type: 'reboot';
  readonly parameters: { readonly timeoutS: number };
}

/** Nodes of some roles and how many of them at a time. */
export interface GroupTask extends AnyTask {
  readonly type: 'group';
  /** Nodes at the same time; null: all. */
  readonly parameters: { readonly amount: number | null };
}

/** A name to order others by; nothing is done. */
export interface MarkerTask extends AnyTask {
  readonly type: 'stage' | 'skipped';
}
