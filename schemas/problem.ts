/** Something wrong with a file of a source, told so that a person can go there and fix it. */
export interface Problem {
  /** Path inside the source; empty for what no file says. */
  file: string
  /** 1-based; 0 when the problem has no place in the file. */
  line: number
  column: number
  /** The place in the document: `services.web.ports[0]`. Empty for the whole file. */
  path: string
  message: string
  /** An `error` keeps the stack from being accepted; a `notice` is only told. */
  severity: 'error' | 'notice'
  /** What the place takes and what stands there, where the problem is one value. */
  expected?: string
  found?: string
  /** The valid key or word that was most likely meant. */
  suggestion?: string
  /** How the value came to be used from where it is written, outermost first: by `extends`, `include`. */
  related?: RelatedPlace[]
}

/** Another place that a problem has to do with. */
export interface RelatedPlace {
  file: string
  line: number
  column: number
  message: string
}

/** Whether a problem keeps its stack from being accepted. */
export function isError({ severity }: Problem): boolean {
  return severity === 'error'
}

/** `web/compose.yaml:12:9 services.web.ports[0]: …`, and `web/compose.yaml: …` of a file as a whole. */
export function formatProblem(problem: Problem): string {
  return `${placeOf(problem)}${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`
}

function placeOf({ file, line, column }: Problem): string {
  if (line > 0) return `${file}:${line}:${column} `
  return file === '' ? '' : `${file}: `
}
