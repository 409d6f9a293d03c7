// Writes what is published but declared elsewhere: JSON Schemas, and the reference pages of commands and of keys.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Action } from '../schemas/action.ts'
import { ImageSpec } from '../schemas/image.ts'
import { Job, SignedJob } from '../schemas/job.ts'
import { StackRecord } from '../schemas/record.ts'
import { Report, Snapshot } from '../schemas/report.ts'
import { StackSpec } from '../schemas/stack.ts'
import { Task, TaskStatus } from '../schemas/task.ts'
import type { TSchema } from '../schemas/type.ts'
import { cliPage } from './cli-page.ts'
import { stackKeysPage } from './stack-keys.ts'

const ROOT = join(import.meta.dirname, '..')

/** Where the published schemas stand, seen from the root. */
export const SCHEMA_FOLDER = 'schemas/published'

const SCHEMAS: Record<string, { title: string; schema: TSchema }> = {
  action: { title: 'What a controller asks of a host', schema: Action },
  'image-spec': { title: 'A declared image with all its inputs', schema: ImageSpec },
  job: { title: 'An action on its way to one host', schema: Job },
  'signed-job': { title: 'A job as it travels', schema: SignedJob },
  report: { title: 'One entry of the report stream', schema: Report },
  snapshot: { title: 'All that an agent sees on its host', schema: Snapshot },
  'stack-record': { title: 'What a controller remembers of a stack', schema: StackRecord },
  stack: { title: 'A stack in canonical form', schema: StackSpec },
  task: { title: 'A task as it is sent to a host', schema: Task },
  'task-status': { title: 'A task as it is seen on its host', schema: TaskStatus },
}

/** Every published file: its path from the root to the text that it must have. */
export async function publishedFiles(): Promise<Map<string, string>> {
  const schemas = Object.entries(SCHEMAS).map(([name, { title, schema }]): [string, string] => [
    `${SCHEMA_FOLDER}/${name}.schema.json`,
    `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema }, null, 2)}\n`,
  ])
  return new Map([...schemas, ['docs/stack-keys.md', stackKeysPage()], ['docs/cli.md', await cliPage()]])
}

async function write(): Promise<void> {
  const files = await publishedFiles()
  for (const name of readdirSync(join(ROOT, SCHEMA_FOLDER))) {
    if (!files.has(`${SCHEMA_FOLDER}/${name}`)) rmSync(join(ROOT, SCHEMA_FOLDER, name))
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
  console.log(`${files.size} files written: ${SCHEMA_FOLDER}, docs/stack-keys.md, docs/cli.md`)
}

if (import.meta.main) await write()
