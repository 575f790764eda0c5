/** A template that cannot be rendered. The message is shown to nodes: it may name what the template names, never a value. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
