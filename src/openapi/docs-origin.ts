/** Stands in the page that is made ahead for the origin of the Worker that shows it. */
export const DOCS_ORIGIN = "https://this-worker.invalid";
