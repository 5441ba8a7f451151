declare module "cookie" {
  /** The cookies of a `Cookie` header; the first one of a name counts. */
  export function parse(header: string): Readonly<Record<string, string>>;
}
