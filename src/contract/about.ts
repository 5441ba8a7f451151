/** What the documents say of themselves. The version is that of package.json. */
export const ABOUT = { title: "Shoal", version: "0.1.0" } as const;

/** Says in the generated files where they come from. */
export const GENERATED_BY = "npm run docs, from the declarations in src/; changes by hand are lost";
