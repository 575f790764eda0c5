import { ApiHeader } from '@nestjs/swagger';

/** For a parameter that is a header: the route it belongs to names it in the document. */
export function documentsHeader(name: string, description: string, required = false): ParameterDecorator {
  return (target, key) => {
    const route = key === undefined ? undefined : Object.getOwnPropertyDescriptor(target, key);
    if (route) ApiHeader({ name, description, required })(target, key!, route);
  };
}
