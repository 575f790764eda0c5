import { Conflict, NotFound, Refused, Throttled, Unauthenticated, Unavailable } from '../../common/errors.js';
import { internalError, methodNotAllowed } from '../../http/framework-error.js';
import { invalidField, invalidPage, invalidRequest } from './refusals.js';
import { renderUpgradeError } from './upgrade-errors.js';

describe('the Upgrade dialect words', () => {
  it.each([
    [
      new Unauthenticated('x', { code: 'not_provided' }),
      401,
      { detail: 'Authentication credentials were not provided.' },
    ],
    [new Unauthenticated('x', { code: 'invalid_token' }), 401, { detail: 'Invalid API key' }],
    [new Unauthenticated('x', { code: 'expired' }), 401, { detail: 'API key has expired' }],
    [new Unauthenticated('x', { code: 'disabled' }), 401, { detail: 'User account is disabled' }],
    [new Unauthenticated('x', { code: 'invalid_credentials' }), 401, { error: 'Invalid credentials' }],
    [new Refused('x', { code: 'read_only' }), 403, { detail: 'Token is read-only.' }],
    [new Refused('x', { code: 'role' }), 403, { detail: 'You do not have permission to perform this action.' }],
    [new Throttled('x', 3.2), 429, { detail: 'Request was throttled. Expected available in 4 seconds.' }],
    [new NotFound('device 5'), 404, { detail: 'Not found.' }],
    [invalidPage(), 404, { detail: 'Invalid page.' }],
    [invalidField('a', 'b'), 400, { a: ['b'] }],
    [invalidRequest('T', 'm', { n: 1 }), 400, { error: 'T', message: 'm', n: 1 }],
    [new Conflict('taken'), 409, { detail: 'taken' }],
    [new Unavailable('db'), 503, { detail: 'Service temporarily unavailable, try again later.' }],
    [methodNotAllowed('GET', ['POST']), 405, { detail: 'Method "GET" not allowed.' }],
    [internalError('r'), 500, { detail: 'A server error occurred.' }],
  ])('%s', (error, status, body) => {
    expect(renderUpgradeError(error)).toMatchObject({ status, body });
  });

  it('asks for a token where none was accepted', () => {
    expect(renderUpgradeError(new Unauthenticated('x', { code: 'expired' })).headers).toEqual({
      'WWW-Authenticate': 'Token',
    });
  });
});
