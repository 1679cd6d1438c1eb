/**
 * Makes a schema that only the API document reads, where the code uses its type alone. Called with the
 * annotation that it has no effects (`/* @__PURE__ *\/`), it is left out of the Worker by the bundler,
 * with all of its prose.
 */
export const documentOnly = <Schema>(schema: () => Schema): Schema => schema();
