/**
 * The variables of this application, besides those of the engine: each with a validator of engine/config/values.ts, its default and its
 * meaning. Features get their values as `settings`.
 */
export const APP_VARIABLES = {};
