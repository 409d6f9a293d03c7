import type { Problem } from '../../../../schemas/problem.ts'
import type { Place } from '../../yaml/node.ts'

/** What a file of variables gives. */
export interface EnvFile {
  /** The last value of each name. */
  variables: Map<string, string>
  /** Where that value is written. */
  places: Map<string, Place>
  problems: Problem[]
}
