import { Injectable } from '@nestjs/common';

/** What a dialect makes of a request's address before its route is looked for; addresses that are not its own stay. */
export type UrlRewrite = (url: string) => string;

/** Lets a dialect whose clients write one path in several ways bring them all to one. */
@Injectable()
export class UrlRewrites {
  private readonly rewrites: UrlRewrite[] = [];

  add(rewrite: UrlRewrite): void {
    this.rewrites.push(rewrite);
  }

  apply(url: string): string {
    return this.rewrites.reduce((result, rewrite) => rewrite(result), url);
  }
}
