import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import CustomStrategy from 'passport-custom';
import { BasicStrategy } from 'passport-http';
import {
  basicCredential,
  cookieCredential,
  headerCredential,
  keyCredential,
  sessionCredential,
  type Credential,
  type CredentialHeaders,
} from '../credential.js';

/**
 * One passport strategy for each way to show a credential. They only read it from the request and know no service:
 * passport's registry is global to the process, so a strategy that held one would serve the application made last.
 * The guard has the credential checked by its own application's `AuthService`.
 */
interface Request {
  readonly headers: CredentialHeaders;
}

@Injectable()
class TokenStrategy extends PassportStrategy(CustomStrategy, 'token') {
  validate(request: Request): Credential | null {
    return keyCredential('token', request.headers);
  }
}

@Injectable()
class BearerStrategy extends PassportStrategy(CustomStrategy, 'bearer') {
  validate(request: Request): Credential | null {
    return keyCredential('bearer', request.headers);
  }
}

@Injectable()
class AuthTokenHeaderStrategy extends PassportStrategy(CustomStrategy, 'x-auth-token') {
  validate(request: Request): Credential | null {
    return headerCredential(request.headers);
  }
}

@Injectable()
class CookieStrategy extends PassportStrategy(CustomStrategy, 'cookie') {
  validate(request: Request): Credential | null {
    return cookieCredential(request.headers);
  }
}

@Injectable()
class SessionStrategy extends PassportStrategy(CustomStrategy, 'session') {
  validate(request: Request): Credential | null {
    return sessionCredential(request.headers);
  }
}

/**
 * passport-http ends a password at its second colon and takes `FooBasic` for a scheme; RFC 7617 does neither. So it is
 * given the two parts with their colons escaped.
 */
@Injectable()
class HttpBasicStrategy extends PassportStrategy(BasicStrategy, 'basic') {
  override authenticate(request: Parameters<BasicStrategy['authenticate']>[0], options?: object): void {
    const given = basicCredential(request.headers as CredentialHeaders);
    const escaped = given && `${encodeURIComponent(given.username)}:${encodeURIComponent(given.password)}`;
    const authorization = escaped === null ? undefined : `Basic ${Buffer.from(escaped).toString('base64')}`;
    super.authenticate({ headers: { authorization } } as typeof request, options);
  }

  validate(username: string, password: string): Credential {
    return { scheme: 'basic', username: decodeURIComponent(username), password: decodeURIComponent(password) };
  }
}

export const STRATEGIES = [
  TokenStrategy,
  BearerStrategy,
  AuthTokenHeaderStrategy,
  CookieStrategy,
  SessionStrategy,
  HttpBasicStrategy,
];
