/** Raised whenever the same seed may mean another run than before. */
export const PLAN_VERSION = 6;

/** Those that can still be drawn. */
export const PLAN_VERSIONS = [1, 3, 4, 5, 6] as const;
export type PlanVersion = (typeof PLAN_VERSIONS)[number];
