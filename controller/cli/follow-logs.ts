import { createHeard } from '../../schemas/session/heard.ts'
import type { LogPiece } from '../../schemas/status.ts'
import type { LogsQuery } from '../api/access.ts'
import { lostNote, resumed } from './client/resume.ts'
import type { Context } from './context.ts'

/**
 * Log lines as they are written, over restarts of the controller: after one it is asked again for what was written about
 * when the answer was lost, and what has come already is left out.
 */
export function followLogs(
  { client, err }: Context,
  query: LogsQuery,
  signal: AbortSignal,
): AsyncGenerator<LogPiece> {
  const heard = createHeard()
  /** ISO time since when a host that was missing may still have lines to give. */
  let missingSince: string | undefined

  async function* open(begun: () => void, again: boolean): AsyncGenerator<LogPiece> {
    const { tail: _, ...rest } = query
    const since = again ? (missingSince ?? heard.since()) : undefined // nothing has come: all is asked for once more
    const asked = since === undefined ? query : { ...rest, since: later(since, query.since) }
    const isNew = since === undefined ? () => true : heard.missed()
    for await (const piece of client().logs(asked, signal, begun)) {
      if ('missing' in piece) missingSince ??= heard.since()
      else piece.lines.forEach(heard.note)
      const news = 'missing' in piece ? piece : { lines: piece.lines.filter(isNew) }
      if ('missing' in news || news.lines.length > 0) yield news
    }
  }

  return resumed({ open, lost: (error) => err(lostNote(error)), signal })
}

function later(since: string, asked = ''): string {
  return asked > since ? asked : since
}
