import { DeviceDriver } from '../device-driver.js';
import type { Device, DeviceSession, DriverIo } from '../device-driver.js';
import { redactor, secretsOf } from '../ssh/redact.js';
import { SshConnection } from '../ssh/ssh-connection.js';
import type { SshOptions } from '../ssh/ssh-connection.js';
import { LinuxHost } from './linux-host.js';
import { LinuxSession } from './linux-session.js';

/** Any host with OpenSSH: images by SFTP, activation by the device model's commands (spec upgrade sections 3 and 5.5). */
export class LinuxDriver extends DeviceDriver {
  readonly platform = 'linux';

  constructor(private readonly options: SshOptions = {}) {
    super();
  }

  async open(device: Device, io: DriverIo): Promise<DeviceSession> {
    const quiet = withRedactedLog(device, io);
    const connection = await SshConnection.open(device, quiet, this.options);
    return new LinuxSession(device, quiet, new LinuxHost(connection, device.remoteDir));
  }
}

/** Whatever a host or a command prints, the device's own secrets do not get into a job's log. */
function withRedactedLog(device: Device, io: DriverIo): DriverIo {
  const redact = redactor(secretsOf(device));
  return {
    signal: io.signal,
    step: io.step,
    log: (text) => io.log(redact(text)),
    progress: (done, total) => io.progress(done, total),
    learnHostKey: (fingerprint) => io.learnHostKey(fingerprint),
  };
}
