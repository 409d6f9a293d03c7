import { join, relative } from 'node:path'
import type { Problem } from '../../schemas/problem.ts'
import { withPlaces } from './problem-places.ts'

/** Where the paths of a source are, and from where they are looked at; both absolute. */
export interface Viewpoint {
  root: string
  folder: string
  /** True for a path of the source. */
  isPath(text: string): boolean
}

/** A path of the source as someone in a folder writes it. */
export function sourcePathFrom({ root, folder }: Omit<Viewpoint, 'isPath'>, path: string): string {
  return relative(folder, join(root, path)) || path
}

/** The problem with its files, those in its messages too, as an editor started in the folder finds them. */
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
