/** A value of this schema, as small as it may be, to begin with; `resolve` says what a reference stands for. */
export function sampleOf(schema, resolve) {
  const {
    type,
    properties = {},
    required = [],
    items,
    examples,
    anyOf,
    allOf,
    enum: values,
    ...rest
  } = {
    ...resolve(schema),
  };
  if (examples !== undefined) return examples[0];
  if (rest.const !== undefined) return rest.const;
  if (values !== undefined) return values[0];
  const [first] = anyOf ?? allOf ?? [];
  if (first !== undefined) return sampleOf(first, resolve);
  if (type === "object") {
    return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], resolve)]));
  }
  if (type === "array") return rest.minItems > 0 ? [sampleOf(items, resolve)] : [];
  if (type === "integer" || type === "number") return rest.default ?? rest.minimum ?? 0;
  if (type === "boolean") return true;
  return "hello";
}
