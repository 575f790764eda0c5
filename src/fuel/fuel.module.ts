import { Module } from '@nestjs/common';

/** What all of Fuel says on the wire, and its notifications. */
@Module({})
export class FuelModule {}
