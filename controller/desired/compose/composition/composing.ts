import type { MapNode, Origin } from '../../yaml/node.ts'
import type { Lookup } from '../variables/template.ts'
import { type Budget, createBudget } from './budget.ts'
import type { Loading } from './load-files.ts'
import type { Services } from './services.ts'

/** A load on its way, with what the files of a project and all that they include and extend have in common. */
export interface Composing extends Loading {
  /** Puts files together: for what a file includes. */
  composeFiles: ComposeFiles
  budget: Budget
  known: Known
  /** How the files being read came in, outermost first. */
  origins: readonly Origin[]
  /** Set once something could not be taken in, so that what refers to it would be told of in vain. */
  state: { isIncomplete: boolean }
}

export type ComposeFiles = (paths: readonly string[], composing: Composing) => MapNode | undefined

/** What was read with the variables in force. */
export interface Known {
  /** The services of the files that are extended, by path. */
  services: Map<string, Services>
  /** What is included, by its paths and project directory. */
  models: Map<string, MapNode | undefined>
  /** The variables with those of env files beneath, by the env files. */
  scopes: Map<string, VariableScope>
}

export interface VariableScope {
  variables: Lookup
  known: Known
}

export function startComposing(loading: Loading, composeFiles: ComposeFiles): Composing {
  return {
    ...loading,
    composeFiles,
    budget: createBudget(),
    known: nothingKnown(),
    origins: [],
    state: { isIncomplete: false },
  }
}

export function nothingKnown(): Known {
  return { services: new Map(), models: new Map(), scopes: new Map() }
}
