import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Slipway</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem; color: #1b2430; background: #fff; }
  a { color: #0b5cad; }
  @media (prefers-color-scheme: dark) { body { color: #dfe6ee; background: #14191f; } a { color: #7db8f2; } }
</style>
</head>
<body>
<main>
<h1>Slipway</h1>
<p>This server upgrades and provisions a fleet. It is driven through its REST APIs; there is no user interface here yet.</p>
<ul>
<li><a href="/docs">API documentation</a>, to read and to try</li>
<li><a href="/openapi.json">The same as an OpenAPI document</a></li>
<li><a href="/health/ready">Is it ready for work?</a></li>
<li><a href="/metrics">Metrics for Prometheus</a></li>
</ul>
<p>How to begin, and every setting: <code>README.md</code> and <code>docs/</code> in the source.</p>
</main>
</body>
</html>
`;

/** Where a browser lands. */
@ApiExcludeController()
@Controller()
export class LandingController {
  @Get(['/', 'ui'])
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    return PAGE;
  }
}
