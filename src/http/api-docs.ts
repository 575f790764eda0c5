import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

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
  SwaggerModule.setup('docs', app, () => withStatedAnswers(SwaggerModule.createDocument(app, description)), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Slipway API',
  });
}

/** Where a route says what it answers, the status that Swagger's plugin guesses from its method is none. */
export function withStatedAnswers(document: OpenAPIObject): OpenAPIObject {
  for (const operation of Object.values(document.paths).flatMap((path) => [
    path.get,
    path.post,
    path.put,
    path.patch,
    path.delete,
  ])) {
    const responses = operation?.responses ?? {};
    const successes = Object.keys(responses).filter((status) => status.startsWith('2'));
    const guessed = successes.filter((status) => !(responses[status] as { description?: string }).description);
    if (guessed.length < successes.length) for (const status of guessed) delete responses[status];
  }
  return document;
}
