import { relative } from 'node:path'
import type { Problem } from '../../../schemas/problem.ts'

/** A path as someone in a folder writes it; no path stays none. */
export function pathFrom(folder: string, path: string): string {
  return path === '' ? '' : relative(folder, path) || path
}

/** A problem whose files, those in its messages too, are written as someone in a folder writes them. */
export function fromHere({ related, ...problem }: Problem, folder: string): Problem {
  const places = related?.map((place) => ({ ...place, ...written(place, folder) }))
  return { ...problem, ...written(problem, folder), ...(places && { related: places }) }
}

function written({ file, message }: { file: string; message: string }, folder: string) {
  const isRoot = folder === '/'
  return { file: pathFrom(folder, file), message: isRoot ? message : message.replaceAll(`${folder}/`, '') }
}
