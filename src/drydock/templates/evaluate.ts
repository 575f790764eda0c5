import { attributeOf, itemOf } from './attributes.js';
import { CONSTANTS } from './builtins.js';
import type { Filter, FilterCalls } from './filter.js';
import { LIST_FILTERS } from './list-filters.js';
import type { Meter } from './meter.js';
import { keyOf } from './object-methods.js';
import { areEqual, calculate, compare, contains, isTrue, negated } from './operators.js';
import type { Scope } from './scope.js';
import { slice } from './sequences.js';
import type { CallNode, NamedCall, SyntaxNode } from './syntax-tree.js';
import { TemplateError } from './template-error.js';
import { GROUP, TEST_PREFIX } from './test-calls.js';
import { TEXT_FILTERS } from './text-filters.js';
import { VALUE_FILTERS } from './value-filters.js';
import { testNamed } from './value-tests.js';
import { Arguments, Callable, misuse, NO_ARGUMENTS, Tuple, Undefined, type Value } from './values.js';

const FILTERS: ReadonlyMap<string, Filter> = new Map([...TEXT_FILTERS, ...LIST_FILTERS, ...VALUE_FILTERS]);

const COMPARISONS = new Set(['==', '!=', '<', '>', '<=', '>=', 'in', 'not in']);

type Node<Type extends SyntaxNode['type']> = Extract<SyntaxNode, { type: Type }>;

/** Works out expressions. Every node costs a step. */
export class Evaluator {
  private readonly calls: FilterCalls;

  constructor(private readonly meter: Meter) {
    this.calls = {
      meter,
      filter: (name, value, args) => this.filtered(name, value, args),
      attribute: (value, name) => itemOf(value, name, meter),
    };
  }

  value(node: SyntaxNode, scope: Scope): Value {
    this.meter.step();
    switch (node.type) {
      case 'Identifier':
        return CONSTANTS.has(node.value) ? (CONSTANTS.get(node.value) ?? null) : scope.get(node.value);
      case 'StringLiteral':
        return node.value;
      case 'IntegerLiteral':
        return BigInt(node.value);
      case 'FloatLiteral':
        return node.value;
      case 'ArrayLiteral':
        return node.value.map((item) => this.value(item, scope));
      case 'TupleLiteral':
        return new Tuple(node.value.map((item) => this.value(item, scope)));
      case 'ObjectLiteral':
        return new Map([...node.value].map(([key, item]) => [keyOf(this.value(key, scope)), this.value(item, scope)]));
      case 'MemberExpression':
        return this.member(node, scope);
      case 'CallExpression':
        return this.called(node, scope);
      case 'BinaryExpression':
        return this.binary(node, scope);
      default:
        return this.other(node, scope);
    }
  }

  /** What `{% filter name(…) %}` does with a text. */
  applied(call: NamedCall, value: Value, scope: Scope): Value {
    const name = call.type === 'Identifier' ? call : call.callee;
    if (name.type !== 'Identifier') throw new TemplateError('a filter has no name');
    return this.filtered(name.value, value, call.type === 'Identifier' ? NO_ARGUMENTS : this.given(call, scope));
  }

  private other(node: SyntaxNode, scope: Scope): Value {
    switch (node.type) {
      case 'FilterExpression':
        return this.applied(node.filter, this.value(node.operand, scope), scope);
      case 'UnaryExpression':
        return this.unary(node, scope);
      case 'Ternary':
        return this.value(isTrue(this.value(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
      case 'SelectExpression':
        if (isTrue(this.value(node.test, scope))) return this.value(node.lhs, scope);
        return new Undefined('the inline if-expression evaluated to false and no else section was defined.');
      default:
        throw new TemplateError(`'${node.type}' is not known here`);
    }
  }

  private member({ object, property, computed }: Node<'MemberExpression'>, scope: Scope): Value {
    const value = this.value(object, scope);
    if (property.type === 'SliceExpression') {
      if (value instanceof Undefined) throw misuse(value, '');
      const parts = [property.start, property.stop, property.step];
      return slice(value, parts.map((part) => part && this.value(part, scope)), this.meter);
    }
    if (computed || property.type !== 'Identifier') return itemOf(value, this.value(property, scope), this.meter);
    return attributeOf(value, property.value, this.meter);
  }

  private called(node: CallNode, scope: Scope): Value {
    const callee = this.value(node.callee, scope);
    if (!(callee instanceof Callable)) throw misuse(callee, 'object is not callable');
    return callee.call(this.given(node, scope));
  }

  private given({ args }: CallNode, scope: Scope): Arguments {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const arg of args) {
      if (arg.type === 'KeywordArgumentExpression') named.set(arg.key.value, this.value(arg.value, scope));
      else positional.push(this.value(arg, scope));
    }
    return new Arguments(positional, named);
  }

  private filtered(name: string, value: Value, args: Arguments): Value {
    this.meter.step(1 + (typeof value === 'string' ? value.length >> 5 : 0));
    if (name.startsWith(TEST_PREFIX)) {
      const [, isNegated, test = ''] = /^is (not )?(.*)$/.exec(name) ?? [];
      return testNamed(test)(value, args.positional, this.meter) !== (isNegated !== undefined);
    }
    if (name === GROUP) return value;
    const filter = FILTERS.get(name);
    if (!filter) throw new TemplateError(`No filter named '${name}'`);
    return filter(value, args, this.calls);
  }

  private unary({ operator, argument }: Node<'UnaryExpression'>, scope: Scope): Value {
    const value = this.value(argument, scope);
    if (operator.value === 'not') return !isTrue(value);
    return operator.value === '-' ? negated(value) : negated(negated(value));
  }

  private binary({ operator: { value: operator }, left, right }: Node<'BinaryExpression'>, scope: Scope): Value {
    if (COMPARISONS.has(operator)) return this.chain(operator, left, right, scope).holds;
    const first = this.value(left, scope);
    if (operator === 'and') return isTrue(first) ? this.value(right, scope) : first;
    if (operator === 'or') return isTrue(first) ? first : this.value(right, scope);
    return calculate(operator, first, this.value(right, scope), this.meter);
  }

  /** `a < b < c` is `a < b and b < c`, and `b` is worked out once. */
  private chain(operator: string, left: SyntaxNode, right: SyntaxNode, scope: Scope): { holds: boolean; last: Value } {
    this.meter.step();
    const isChain = left.type === 'BinaryExpression' && COMPARISONS.has(left.operator.value);
    const before = isChain
      ? this.chain(left.operator.value, left.left, left.right, scope)
      : { holds: true, last: this.value(left, scope) };
    if (!before.holds) return before;
    const last = this.value(right, scope);
    return { holds: this.compared(operator, before.last, last), last };
  }

  private compared(operator: string, left: Value, right: Value): boolean {
    if (operator === '==') return areEqual(left, right, this.meter);
    if (operator === '!=') return !areEqual(left, right, this.meter);
    if (operator === 'in') return contains(left, right, this.meter);
    if (operator === 'not in') return !contains(left, right, this.meter);
    const order = compare(left, right, this.meter);
    if (operator === '<') return order < 0;
    if (operator === '>') return order > 0;
    return operator === '<=' ? order <= 0 : order >= 0;
  }
}
