import { Module } from '@nestjs/common';
import { ServerLeaseRegistry } from './server-leases.js';

/** One registry for those who lend servers and those who take them. */
@Module({ providers: [ServerLeaseRegistry], exports: [ServerLeaseRegistry] })
export class ServerLeasesModule {}
