import { withStatedAnswers } from './api-docs.js';

describe('the OpenAPI document', () => {
  it('names the answers a route states, and those guessed from its method only where it states none', () => {
    const info = { title: '', version: '' };
    const responses = (...described: [string, string][]) =>
      Object.fromEntries(described.map(([status, description]) => [status, { description }]));
    const { paths } = withStatedAnswers({
      openapi: '3.0.0',
      info,
      paths: {
        '/stated': { post: { responses: responses(['200', 'Pauses'], ['201', ''], ['409', '']) } },
        '/guessed': { post: { responses: responses(['201', '']) } },
      },
    });
    expect(Object.keys(paths['/stated']!.post!.responses)).toEqual(['200', '409']);
    expect(Object.keys(paths['/guessed']!.post!.responses)).toEqual(['201']);
  });
});
