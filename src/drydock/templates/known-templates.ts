import { parseTemplate } from './parse-template.js';
import type { Block } from './syntax-tree.js';

/** A tree takes far more memory than the text it was made from. */
const MOST_CHARACTERS = 512 * 1024;
const LONGEST = 64 * 1024;

/** Trees of templates that were rendered lately: what a deployment's nodes fetch is made of the same few. Nothing rendered is kept. */
export class KnownTemplates {
  private readonly trees = new Map<string, Block>();
  private characters = 0;

  /** Throws `TemplateError`. */
  tree(template: string): Block {
    const known = this.trees.get(template);
    if (known) {
      // The latest used goes last.
      this.trees.delete(template);
      this.trees.set(template, known);
      return known;
    }
    const tree = parseTemplate(template);
    if (template.length <= LONGEST) this.keep(template, tree);
    return tree;
  }

  private keep(template: string, tree: Block): void {
    this.trees.set(template, tree);
    this.characters += template.length;
    for (const oldest of this.trees.keys()) {
      if (this.characters <= MOST_CHARACTERS) return;
      this.trees.delete(oldest);
      this.characters -= oldest.length;
    }
  }
}
