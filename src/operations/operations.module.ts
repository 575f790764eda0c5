import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { DialectErrors } from '../http/dialect-errors.js';
import { DatabaseReadiness } from './database-readiness.js';
import { HealthController } from './health.controller.js';
import { LandingController } from './landing.controller.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { ReadinessChecks } from './readiness-checks.js';
import { RequestMetrics } from './request-metrics.js';
import { renderHealth } from './health-errors.js';

/** What people and machines that run the server ask it. Upper modules inject `ReadinessChecks` and `Metrics`. */
@Global()
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController, MetricsController, LandingController],
  providers: [ReadinessChecks, DatabaseReadiness, Metrics, RequestMetrics],
  exports: [ReadinessChecks, Metrics],
})
export class OperationsModule implements OnModuleInit {
  constructor(private readonly errors: DialectErrors) {}

  onModuleInit(): void {
    this.errors.register({ name: 'health', prefixes: ['/health'], render: renderHealth });
  }
}
