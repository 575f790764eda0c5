import { DeviceDriver, type Device, type DeviceSession, type DriverIo } from '../device-driver.js';
import { IosXeBox } from './iosxe-box.js';
import { IosXeSession } from './iosxe-session.js';
import { DEFAULT_TIMING, type IosXeTiming } from './iosxe-timing.js';

export interface IosXeOptions {
  readonly timing?: Partial<IosXeTiming>;
  /** Everything the boxes say, secrets redacted, for a transcript. */
  readonly transcript?: (hostname: string, text: string) => void;
}

/**
 * Cisco IOS-XE in install mode by its command line over SSH (spec upgrade sections 3, 4.3 and 5.1). Step configuration
 * it understands: `copy: "pull"`, `commit: "immediate"`, `auto_abort_minutes`, `save_config: false`.
 *
 * While a box boots, `open` throws `unreachable`, `prompt_timeout` or `connection_lost`, and for a moment perhaps
 * `auth_failed`, before its AAA is up: whoever waits for a reload takes all of these as "not back yet", but never
 * `host_key_mismatch`.
 */
export class IosXeDriver extends DeviceDriver {
  readonly platform = 'iosxe';
  private readonly timing: IosXeTiming;

  constructor(private readonly options: IosXeOptions = {}) {
    super();
    this.timing = { ...DEFAULT_TIMING, ...options.timing };
  }

  async open(device: Device, io: DriverIo): Promise<DeviceSession> {
    const { transcript } = this.options;
    const record = transcript ? (text: string) => transcript(device.hostname, text) : undefined;
    return new IosXeSession(await IosXeBox.open(device, io, this.timing, record));
  }
}
