import { Module } from '@nestjs/common';
import { AuditChainController } from './api/audit-chain.controller.js';

@Module({ controllers: [AuditChainController] })
export class AuditChainModule {}
