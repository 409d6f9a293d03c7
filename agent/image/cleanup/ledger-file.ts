import { readFile } from 'node:fs/promises'
import { messageOf } from '../../../schemas/error.ts'
import type { Log } from '../../../schemas/log.ts'
import { coalesce } from '../../coalesce.ts'
import { writeDurably } from '../../disk.ts'
import { EMPTY_LEDGER, type Ledger } from './ledger.ts'

/** The ledger in memory and on disk. */
export interface LedgerFile {
  read(): Ledger
  /** Takes the new value at once, and writes it soon; a disk that cannot be written to is told of and stops nothing. */
  change(next: (ledger: Ledger) => Ledger): void
  /** Resolves when what is known is on disk. */
  saved(): Promise<void>
}

/** A file that cannot be read counts as empty: then nothing is ours, and nothing is removed. */
export async function openLedger(path: string, log: Log): Promise<LedgerFile> {
  let ledger = await load(path, log)
  let writing = Promise.resolve()
  const write = coalesce(async () => {
    try {
      await writeDurably(path, JSON.stringify(ledger))
    } catch (error) {
      log.warn({ path, problem: messageOf(error) }, 'What is known of images cannot be written')
    }
  })

  return {
    read: () => ledger,
    change(next) {
      ledger = next(ledger)
      writing = write()
    },
    saved: () => writing,
  }
}

async function load(path: string, log: Log): Promise<Ledger> {
  try {
    const ledger = JSON.parse(await readFile(path, 'utf8')) as Ledger
    return ledger.version === 1 ? ledger : EMPTY_LEDGER
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      log.warn(
        { path, problem: messageOf(error) },
        'What was known of images cannot be read: none is removed',
      )
    }
    return EMPTY_LEDGER
  }
}
