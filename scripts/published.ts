import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TSchema } from 'typebox'
import { Action } from '../schemas/action.ts'
import { ImageSpec } from '../schemas/image.ts'
import { Job, SignedJob } from '../schemas/job.ts'
import { StackRecord } from '../schemas/record.ts'
import { Report, Snapshot } from '../schemas/report.ts'
import { StackSpec } from '../schemas/stack.ts'
import { Task, TaskStatus } from '../schemas/task.ts'

const PUBLISHED: Record<string, { title: string; schema: TSchema }> = {
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

/** Where the published schemas stand. */
export const PUBLISHED_FOLDER = join(import.meta.dirname, '..', 'schemas', 'published')

/** Every published schema: file name to the text that it must have. */
export function publishedSchemas(): Map<string, string> {
  return new Map(
    Object.entries(PUBLISHED).map(([name, { title, schema }]) => [
      `${name}.schema.json`,
      `${JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema }, null, 2)}\n`,
    ]),
  )
}

function write(): void {
  const schemas = publishedSchemas()
  mkdirSync(PUBLISHED_FOLDER, { recursive: true })
  for (const file of readdirSync(PUBLISHED_FOLDER)) {
    if (!schemas.has(file)) rmSync(join(PUBLISHED_FOLDER, file))
  }
  for (const [file, text] of schemas) writeFileSync(join(PUBLISHED_FOLDER, file), text)
  console.log(`${schemas.size} schemas written to schemas/published`)
}

if (import.meta.main) write()
