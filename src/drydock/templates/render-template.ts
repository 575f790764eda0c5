import { globalScope } from './builtins.js';
import { Evaluator } from './evaluate.js';
import type { KnownTemplates } from './known-templates.js';
import { Loop } from './loop.js';
import { Meter, type TemplateLimits } from './meter.js';
import { isTrue } from './operators.js';
import { parseTemplate } from './parse-template.js';
import { textOf } from './printing.js';
import type { Scope } from './scope.js';
import { itemsOf } from './sequences.js';
import type { Block, ForNode, MacroNode, SyntaxNode } from './syntax-tree.js';
import { TemplateError } from './template-error.js';
import { type Arguments, Attributes, Callable, type Dict, misuse, type Value } from './values.js';

export interface RenderOptions {
  readonly limits?: TemplateLimits;
  /** Spares the parsing of templates that come again. */
  readonly known?: KnownTemplates;
}

/**
 * Renders a Jinja2 template as Jinja2 with its defaults does (spec drydock section 2.3), or throws a `TemplateError`. What
 * a template can reach is what `context` holds and nothing else; how long it may take and how much it may make is limited.
 */
export function renderTemplate(template: string, context: Dict, { limits, known }: RenderOptions = {}): string {
  try {
    const meter = new Meter(limits);
    const rendering = new Rendering(meter);
    rendering.block(known ? known.tree(template) : parseTemplate(template), globalScope(context, meter));
    return rendering.text();
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateError('the template is nested too deeply');
    throw error;
  }
}

class Rendering {
  private readonly expressions: Evaluator;
  private parts: string[] = [];
  private size = 0;

  constructor(private readonly meter: Meter) {
    this.expressions = new Evaluator(meter);
  }

  text(): string {
    return this.parts.join('');
  }

  block(nodes: Block, scope: Scope): void {
    for (const node of nodes) this.node(node, scope);
  }

  private node(node: SyntaxNode, scope: Scope): void {
    this.meter.step();
    switch (node.type) {
      case 'Comment':
        return;
      case 'If':
        return this.block(isTrue(this.expressions.value(node.test, scope)) ? node.body : node.alternate, scope);
      case 'For':
        return this.loop(node, scope);
      case 'Set':
        return this.assign(node.assignee, node.value ? this.expressions.value(node.value, scope) : this.within(node.body, scope), scope);
      case 'Macro':
        return scope.set(node.name.value, this.macro(node, scope));
      case 'FilterStatement':
        return this.print(this.expressions.applied(node.filter, this.within(node.body, scope.inner()), scope));
      default:
        return this.print(this.expressions.value(node, scope));
    }
  }

  private print(value: Value): void {
    const text = textOf(value, this.meter);
    this.size += text.length;
    this.meter.room(text.length);
    if (!this.meter.fits(this.size)) throw new TemplateError('the template makes too much text');
    this.parts.push(text);
  }

  /** The text of a block, which is not printed. */
  private within(nodes: Block, scope: Scope): string {
    const around = this.parts;
    this.parts = [];
    this.block(nodes, scope);
    const text = this.text();
    this.parts = around;
    return text;
  }

  private loop({ iterable, loopvar, body, defaultBlock }: ForNode, scope: Scope): void {
    const isFiltered = iterable.type === 'SelectExpression';
    const source = this.expressions.value(isFiltered ? iterable.lhs : iterable, scope);
    const items = itemsOf(source, this.meter).filter((item) => {
      if (!isFiltered) return true;
      const inner = scope.inner();
      this.assign(loopvar, item, inner);
      return isTrue(this.expressions.value(iterable.test, inner));
    });
    if (items.length === 0) return this.block(defaultBlock, scope.inner());
    const loop = new Loop(items, scope, this.meter);
    for (const index of items.keys()) {
      const inner = scope.inner();
      inner.set('loop', loop.at(index));
      this.assign(loopvar, items[index] as Value, inner);
      this.block(body, inner);
    }
  }

  private assign(target: SyntaxNode, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') return scope.set(target.value, value);
    if (target.type === 'TupleLiteral') {
      const items = itemsOf(value, this.meter);
      if (items.length !== target.value.length) throw new TemplateError(`expected ${target.value.length} values to unpack, got ${items.length}`);
      return target.value.forEach((part, index) => this.assign(part, items[index] as Value, scope));
    }
    if (target.type !== 'MemberExpression' || target.property.type !== 'Identifier') throw new TemplateError('this cannot be set');
    const owner = this.expressions.value(target.object, scope);
    if (!(owner instanceof Attributes) || !owner.mayChange) throw misuse(owner, 'is no namespace');
    owner.attributes.set(target.property.value, value);
  }

  private macro({ name, args, body }: MacroNode, scope: Scope): Callable {
    return new Callable(name.value, (given: Arguments) => {
      this.meter.step();
      const inner = scope.inner();
      const names = args.map((arg) => (arg.type === 'KeywordArgumentExpression' ? arg.key.value : (arg as { value: string }).value));
      given.bind(...names).forEach((value, index) => {
        const arg = args[index];
        const fallback = arg?.type === 'KeywordArgumentExpression' ? this.expressions.value(arg.value, inner) : undefined;
        const chosen = value === undefined ? fallback : value;
        if (chosen !== undefined) inner.set(names[index] as string, chosen);
      });
      return this.within(body, inner);
    });
  }
}
