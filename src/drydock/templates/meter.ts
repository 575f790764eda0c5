import { TemplateError } from './template-error.js';

export interface TemplateLimits {
  /** Nodes of the tree that are evaluated, and items that are looked at. */
  readonly steps: number;
  /** Characters of a text or items of a list. */
  readonly size: number;
  readonly milliseconds: number;
}

export const TEMPLATE_LIMITS: TemplateLimits = { steps: 250_000, size: 4 * 1024 * 1024, milliseconds: 1_000 };

/** A clock costs more than a step; so many steps never take long. */
const STEPS_PER_LOOK = 2_048;

/**
 * Keeps a template within its limits. It runs on the server's only thread, so everything that grows with what a template
 * says goes through here *before* it is done: `range(10 ** 9)` and `'x' * 10 ** 9` must not be tried first.
 */
export class Meter {
  private steps = 0;
  private nextLook = STEPS_PER_LOOK;
  private readonly deadline: number;

  constructor(private readonly limits: TemplateLimits = TEMPLATE_LIMITS) {
    this.deadline = performance.now() + limits.milliseconds;
  }

  step(count = 1): void {
    this.steps += count;
    if (this.steps > this.limits.steps) throw new TemplateError('the template takes too many steps');
    if (this.steps < this.nextLook) return;
    this.nextLook = this.steps + STEPS_PER_LOOK;
    if (performance.now() > this.deadline) throw new TemplateError('the template takes too long');
  }

  /** Something of this size is about to be made. Large things made again and again cost steps, too. */
  room(size: number): void {
    if (!this.fits(size)) throw new TemplateError('the template makes too much text');
    this.step(Math.ceil(size / 32));
  }

  fits(size: number): boolean {
    return size <= this.limits.size;
  }
}
