import { relative } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'
import { withPlaces } from '../problem-places.ts'

/** A path as someone in a folder writes it; no path stays none. */
export function pathFrom(folder: string, path: string): string {
  return path === '' ? '' : relative(folder, path) || path
}

/** A problem whose files, those in its messages too, are written as someone in a folder writes them. */
export function fromHere(problem: Problem, folder: string): Problem {
  const isRoot = folder === '/'
  return withPlaces(problem, ({ file, message }) => ({
    file: pathFrom(folder, file),
    message: isRoot ? message : message.replaceAll(`${folder}/`, ''),
  }))
}
