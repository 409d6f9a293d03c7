import { openProject } from '../../controller/cli/project/open-project.ts'
import { settle } from '../../controller/cli/project/settings.ts'
import { type Json, projectJson } from '../../controller/desired/compose/print/print.ts'
import { hasErrors } from '../../controller/desired/problems.ts'
import { formatProblem, isError } from '../../schemas/problem.ts'
import type { Mounted } from './mounted-files.ts'
import type { Recorded } from './recorded.ts'

/** What we make of a project: the model, or the first problem, or what was thrown and should not have been. */
export type Outcome =
  | { accepted: true; model: Json }
  | { accepted: false; message: string }
  | { crash: string }

export interface Resolved {
  outcome: Outcome
  /** How long it took, in milliseconds. */
  ms: number
}

/** Resolves a recorded project as `setpoint config` does, in this process. */
export function resolve(recorded: Recorded, mounted: Mounted): Resolved {
  const begun = performance.now()
  const outcome = guarded(() => outcomeOf(recorded, mounted))
  return { outcome, ms: performance.now() - begun }
}

function outcomeOf({ cwd, files: file, env }: Recorded, { files, isThere }: Mounted): Outcome {
  const settings = settle({ file, envFile: [], profile: [] }, { cwd, env, files, unset: 'blank', isThere })
  const { project, problems } = openProject(settings, { files, unset: 'blank' })
  if (project && !hasErrors(problems)) return { accepted: true, model: projectJson(project) }
  const first = problems.find(isError)
  return { accepted: false, message: first ? formatProblem(first) : 'refused without a problem' }
}

function guarded(make: () => Outcome): Outcome {
  try {
    return make()
  } catch (error) {
    return { crash: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
