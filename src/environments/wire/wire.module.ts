import { Module } from '@nestjs/common';
import { GenesisWire } from './genesis-wire.js';

/** What all of the OpenGenesis dialect says on the wire. */
@Module({ providers: [GenesisWire] })
export class WireModule {}
