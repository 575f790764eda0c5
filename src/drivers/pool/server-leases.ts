import { Injectable } from '@nestjs/common';

/** A server of the pool that is somebody's for as long as he wants. */
export interface LeasedServer {
  /** The pool's number of it. */
  readonly id: string;
  readonly label: string;
  readonly hostname: string;
  readonly address: string;
}

/** How to log in to it. The key is a file of this machine; null: nobody said which. */
export interface ServerLogin {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly privateKeyFile: string | null;
  /** A public key as in `known_hosts`; null: not known. */
  readonly hostKey: string | null;
}

export interface LeaseWish {
  /** Who has the servers, as `environment:12`. */
  readonly holder: string;
  /** The holder's name of this wish: asked again under it, the same servers are the answer. */
  readonly key: string;
  readonly label: string;
  readonly count: number;
  /** For the audit trail. */
  readonly by: string;
}

/** The port to whoever has servers to lend. Every method may be repeated after a crash and changes nothing then. */
export abstract class ServerLeases {
  /** All of them or, as long as there are not enough, null. Throws `ActionError` for a label that there is not. */
  abstract lease(wish: LeaseWish): Promise<readonly LeasedServer[] | null>;
  /** Gives back what the holder has of these, or with null all it has, and says which. */
  abstract release(holder: string, ids: readonly string[] | null, by: string): Promise<readonly string[]>;
  /** Null: the holder does not have it. */
  abstract login(holder: string, id: string): Promise<ServerLogin | null>;
}

/** Where the pool, which stands on a higher floor, puts its side of the port when its module starts. */
@Injectable()
export class ServerLeaseRegistry {
  private lender: ServerLeases | null = null;

  register(lender: ServerLeases): void {
    if (this.lender) throw new Error('Two modules lend servers');
    this.lender = lender;
  }

  /** Null: nobody lends servers here. */
  find(): ServerLeases | null {
    return this.lender;
  }
}
