import type { HttpCaller } from '../../drivers/http-call/http-caller.js';
import type { NodeHostDriver } from '../../drivers/node-host/node-host-driver.js';
import type { ServerLeaseRegistry } from '../../drivers/pool/server-leases.js';
import type { ShellCommands } from '../../drivers/shell/shell-commands.js';

/** What steps act through. */
export class StepDrivers {
  constructor(
    readonly shell: ShellCommands,
    readonly http: HttpCaller,
    readonly ssh: NodeHostDriver,
    readonly leases: ServerLeaseRegistry,
    /** For hosts whose step says nothing else. */
    readonly sshLogin: { readonly username: string; readonly keyFile: string | undefined },
  ) {}
}
