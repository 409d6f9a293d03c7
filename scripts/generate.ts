// Writes what is published but declared elsewhere: JSON Schemas, and the reference pages of commands and of keys.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { composeFile } from '../controller/desired/compose/model/compose-file.ts'
import { imageFile } from '../controller/desired/compose/model/image-file.ts'
import { Action } from '../schemas/action.ts'
import { ImageSpec } from '../schemas/image.ts'
import { Job, SignedJob } from '../schemas/job.ts'
import { StackRecord } from '../schemas/record.ts'
import { Report, Snapshot } from '../schemas/report.ts'
import { StackSpec } from '../schemas/stack.ts'
import { Task, TaskStatus } from '../schemas/task.ts'
import type { TSchema } from '../schemas/type.ts'
import { cliPage } from './cli-page.ts'
import { composePage } from './compose-page.ts'
import { type JsonSchema, jsonSchema } from './json-schema.ts'

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

/** What editors know of the files that people write. */
const GRAMMARS: Record<string, JsonSchema> = {
  compose: jsonSchema(composeFile, { title: 'A compose file, as Setpoint reads it', hasVariables: true }),
  'image-file': jsonSchema(imageFile, { title: 'An image spec, NAME.image.yaml', hasVariables: false }),
}

/** Every published file: its path from the root to the text that it must have. */
export async function publishedFiles(): Promise<Map<string, string>> {
  const declared = Object.entries(SCHEMAS).map(([name, { title, schema }]): [string, JsonSchema] => [
    name,
    { $schema: 'http://json-schema.org/draft-07/schema#', title, ...schema },
  ])
  const schemas = [...declared, ...Object.entries(GRAMMARS)].map(([name, schema]): [string, string] => [
    `${SCHEMA_FOLDER}/${name}.schema.json`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ])
  const compose = composePage(readFileSync(join(ROOT, 'docs/compose.md'), 'utf8'))
  return new Map([...schemas, ['docs/compose.md', compose], ['docs/cli.md', await cliPage()]])
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
  console.log(`${files.size} files written: ${SCHEMA_FOLDER}, docs/compose.md, docs/cli.md`)
}

if (import.meta.main) await write()
