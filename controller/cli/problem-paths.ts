import { join, relative } from 'node:path'
import type { Problem } from '../../schemas/problem.ts'

/** A path as someone in a folder writes it, both absolute; no path stays none. */
export function pathFrom(folder: string, path: string): string {
  return path === '' ? '' : relative(folder, path) || path
}

/** A problem of files with absolute paths, as someone in a folder writes these, in its messages too. */
export function fromHere(problem: Problem, folder: string): Problem {
  const isRoot = folder === '/'
  return withPlaces(problem, ({ file, message }) => ({
    file: pathFrom(folder, file),
    message: isRoot ? message : message.replaceAll(`${folder}/`, ''),
  }))
}

/** Where the paths of a source are, and from where they are looked at; both absolute. */
export interface Viewpoint {
  root: string
  folder: string
  /** True for a path of the source. */
  isPath(text: string): boolean
}

/** A path of a source as someone in a folder writes it. */
export function sourcePathFrom({ root, folder }: Omit<Viewpoint, 'isPath'>, path: string): string {
  return pathFrom(folder, join(root, path))
}

/** A problem of a source, as someone in a folder writes its paths. A message may have such a path in any place. */
export function seenFrom(problem: Problem, view: Viewpoint): Problem {
  const seen = (path: string) => sourcePathFrom(view, path)
  return withPlaces(problem, ({ file, message }) => ({
    file: seen(file),
    message: message.replace(WORD, (word) => (isFile(word, view) ? seen(word) : word)).replace(MISSING, seen),
  }))
}

/** What is quoted stands as it is written, and so does what follows a sign of YAML. */
const WORD = /(?<![\w"'/.:${}-])[^\s"'(),;]+/g

/** What is not there is known by the words around it. */
const MISSING = /(?<=there is no file )[^\s"]+|(?<=(?:env|label) file )\S+(?= not found)/g

/** A name without a dot or a folder may be any word, such as that of a service. */
function isFile(word: string, { isPath }: Viewpoint): boolean {
  return /[./]/.test(word) && isPath(word)
}

interface Told {
  file: string
  message: string
}

/** Each place of a problem, those it is related to as well, told in another way. */
function withPlaces({ related, ...problem }: Problem, tell: (place: Told) => Told): Problem {
  const seen = <T extends Told>(place: T): T => ({ ...place, ...tell(place) })
  return { ...seen(problem), ...(related && { related: related.map(seen) }) }
}
