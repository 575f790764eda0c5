import type { Device, DeviceDriver, DeviceImage, DeviceSession, DriverIo } from '../../drivers/device-driver.js';
import type { StepContext } from '../../orchestration/step-handler.js';

/** What a job is to do, fixed when it was triggered; stored as the job's input. */
export interface UpgradeInput extends Record<string, unknown> {
  readonly deviceId: number;
  readonly imageId: number;
  readonly imageFilename: string;
  readonly imageVersion: string;
  readonly workflowId: number | null;
  readonly workflowName: string | null;
  readonly activate: boolean;
  readonly cleanupFlash: boolean;
  readonly force: boolean;
  readonly allowDowngrade: boolean;
  readonly remarks: string;
  /** Check name to command, to be compared before and after. */
  readonly checks: Readonly<Record<string, string>>;
}

/** What the steps of one claim work with; loaded by the domain, so that no step touches the database. */
export interface UpgradeSubject {
  readonly input: UpgradeInput;
  readonly device: Device;
  readonly image: DeviceImage;
  readonly driver: DeviceDriver;
  learnHostKey(fingerprint: string): Promise<void>;
  /** The snapshot taken before the upgrade: check name to output. */
  readSnapshot(): Promise<Record<string, string>>;
}

export type UpgradeContext = StepContext<UpgradeSubject>;

/** Logs in, lets `act` work, and logs out whatever happens. */
export async function withSession<T>(context: UpgradeContext, act: (session: DeviceSession) => Promise<T>): Promise<T> {
  const { device, driver } = context.subject;
  const session = await driver.open(device, driverIo(context));
  try {
    return await act(session);
  } finally {
    await session.close().catch(() => undefined);
  }
}

function driverIo(context: UpgradeContext): DriverIo {
  return {
    signal: context.signal,
    log: (text) => context.log(text),
    progress: (done, total) => context.progress(total > 0 ? done / total : 1),
    step: { name: context.step.name, config: context.step.config },
    learnHostKey: (fingerprint) => context.subject.learnHostKey(fingerprint),
  };
}
