import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Serves `/docs` and `/openapi.json`. The document is made when first asked for: most processes never are. */
export function serveApiDocs(app: NestFastifyApplication): void {
  const description = new DocumentBuilder()
    .setTitle('Slipway')
    .setDescription('Upgrades and provisions a fleet, behind the REST APIs its clients already speak.')
    .setVersion('1')
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'Authorization', description: 'Token <key> or Bearer <key>' },
      'token',
    )
    .addBasicAuth()
    .addSecurityRequirements('token')
    .addSecurityRequirements('basic')
    .build();
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, description), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Slipway API',
  });
}
