import type { Project } from './project.ts'

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** The resolved model in the shape that `docker compose config --format json` prints. */
export function projectJson(_project: Project): Json {
  return {}
}
