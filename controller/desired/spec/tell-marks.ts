import { composeFile } from '../compose/model/compose-file.ts'
import { type UsedMark, usedMarks } from '../compose/used-marks.ts'
import { type Cursor, failAtKey, noticeAtKey } from '../cursor.ts'

/** Tells of every key of a model that is not honoured: an error where it is refused, a notice where it has no effect. */
export function tellMarks(at: Cursor): void {
  for (const used of usedMarks(at, composeFile)) tell(used)
}

/** Tells of `version`, as Compose does too (Compose Specification §Version top-level element). */
export function tellVersion(at: Cursor): void {
  for (const used of usedMarks(at, composeFile)) if (used.at.path === 'version') tell(used)
}

function tell({ at, key, mark }: UsedMark): void {
  if (mark.mark === 'ignored') noticeAtKey(at, `accepted without effect: ${mark.reason}`)
  else failAtKey(at, `${mark.reason}: ${key}; ${mark.instead}`)
}
