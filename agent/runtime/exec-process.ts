import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { absent } from '../disk.ts'
import type { OciConfig } from './bundle.ts'
import { type Context, filesOf } from './context.ts'

/** `crun exec COMMAND` forgets the container's user, groups and rlimits, `crun exec --process=FILE` does not. */
function needsFile({ info }: Context, { process }: OciConfig): boolean {
  const { uid, gid, additionalGids } = process.user
  return info.name === 'crun' && ('rlimits' in process || uid + gid + additionalGids.length > 0)
}

const fileOf = (context: Context, id: string) => join(filesOf(context, id).bundle, 'process.json')

/** Keeps the process of a container, where what is run in it later needs it. */
export async function keepProcess(context: Context, id: string, config: OciConfig): Promise<void> {
  if (!needsFile(context, config)) return
  await writeFile(fileOf(context, id), JSON.stringify(config.process), { mode: 0o600 }) // it holds the environment
}

/**
 * The file that describes a command for such a container; undefined where the command line says it all.
 * @param file where it is written
 */
export async function processFile(
  context: Context,
  { id, argv, file }: { id: string; argv: string[]; file: string },
): Promise<string | undefined> {
  const kept = await readFile(fileOf(context, id), 'utf8').catch(absent)
  if (kept === undefined) return undefined
  await writeFile(file, withArguments(kept, argv), { mode: 0o600 })
  return file
}

/** The text of a process with other arguments and without a terminal; its numbers stay as they are written: some are too great for JavaScript. */
function withArguments(text: string, argv: string[]): string {
  return JSON.stringify({ ...parseExactly(text), terminal: false, args: argv })
}

/** An object of JSON whose numbers come out of `JSON.stringify` as they were written. */
export function parseExactly(text: string): object {
  const keepNumbers = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' && source !== undefined ? rawJson(source) : value
  return (JSON.parse as ParseWithSource)(text, keepNumbers)
}

type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context?: { source?: string }) => unknown,
) => object

function rawJson(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text)
}
