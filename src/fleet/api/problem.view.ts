/** What is wrong with one field of a request. */
export class ProblemFieldView {
  /** A JSON pointer into the body. */
  pointer?: string;
  /** A query parameter. */
  parameter?: string;
  detail: string;
}

/** RFC 9457, as every refusal of this API is. */
export class ProblemView {
  /** `urn:slipway:problem:…`; stays the same for the same kind of refusal. */
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  errors?: ProblemFieldView[];
}
