/**
 * The tree that `@huggingface/jinja` parses to, as far as it is evaluated here. The library does not export its types.
 * A kind of node that is not in this list is refused when it is met.
 */
export type SyntaxNode =
  | { readonly type: 'Comment' }
  | { readonly type: 'If'; readonly test: SyntaxNode; readonly body: Block; readonly alternate: Block }
  | ForNode
  | { readonly type: 'Set'; readonly assignee: SyntaxNode; readonly value: SyntaxNode | null; readonly body: Block }
  | MacroNode
  | { readonly type: 'FilterStatement'; readonly filter: NamedCall; readonly body: Block }
  | { readonly type: 'MemberExpression'; readonly object: SyntaxNode; readonly property: SyntaxNode; readonly computed: boolean }
  | CallNode
  | IdentifierNode
  | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
  | { readonly type: 'StringLiteral'; readonly value: string }
  | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly SyntaxNode[] }
  | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<SyntaxNode, SyntaxNode> }
  | { readonly type: 'BinaryExpression'; readonly operator: { readonly value: string }; readonly left: SyntaxNode; readonly right: SyntaxNode }
  | { readonly type: 'FilterExpression'; readonly operand: SyntaxNode; readonly filter: NamedCall }
  | SelectNode
  | { readonly type: 'UnaryExpression'; readonly operator: { readonly value: string }; readonly argument: SyntaxNode }
  | SliceNode
  | { readonly type: 'KeywordArgumentExpression'; readonly key: IdentifierNode; readonly value: SyntaxNode }
  | { readonly type: 'Ternary'; readonly condition: SyntaxNode; readonly trueExpr: SyntaxNode; readonly falseExpr: SyntaxNode };

export type Block = readonly SyntaxNode[];

export interface IdentifierNode {
  readonly type: 'Identifier';
  readonly value: string;
}

export interface CallNode {
  readonly type: 'CallExpression';
  readonly callee: SyntaxNode;
  readonly args: readonly SyntaxNode[];
}

export type NamedCall = IdentifierNode | CallNode;

export interface ForNode {
  readonly type: 'For';
  readonly loopvar: SyntaxNode;
  readonly iterable: SyntaxNode;
  readonly body: Block;
  readonly defaultBlock: Block;
}

export interface MacroNode {
  readonly type: 'Macro';
  readonly name: IdentifierNode;
  readonly args: readonly SyntaxNode[];
  readonly body: Block;
}

/** `lhs if test`: a ternary without `else`, or the condition of a `for`. */
export interface SelectNode {
  readonly type: 'SelectExpression';
  readonly lhs: SyntaxNode;
  readonly test: SyntaxNode;
}

export interface SliceNode {
  readonly type: 'SliceExpression';
  readonly start?: SyntaxNode;
  readonly stop?: SyntaxNode;
  readonly step?: SyntaxNode;
}
