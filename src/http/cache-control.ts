/** A transcript may be deleted at any time: a copy may be kept, but is asked about before each use. */
export const CACHE_CONTROL = "private, no-cache";
