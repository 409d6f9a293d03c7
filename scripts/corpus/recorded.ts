import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Json } from '../../controller/desired/compose/print/print.ts'

/** One project that Docker Compose was asked to resolve, and what it answered. */
export interface Recorded {
  id: string
  /** The working folder as Compose saw it: /corpus/… or /cases/…. */
  cwd: string
  /** Compose files from `cwd`; empty when they were looked for. */
  files: string[]
  env: Record<string, string>
  answer: Answer
}

/** The resolved model, where it was kept, or the last line of the refusal. */
export type Answer = { accepted: true; model: Json | undefined } | { accepted: false; message: string }

/** What Compose found in the environment beside what a project was given. */
const ENVIRONMENT = { HOME: '/home/user' }

/** All that a corpus has on record: the single files and the projects of a set, and the cases. */
export function recordedIn(corpus: string, set: string): Recorded[] {
  return [...singleFiles(corpus, set), ...projects(corpus, set), ...cases(corpus)]
}

interface Result {
  rc: number
  err?: string
}

function singleFiles(corpus: string, set: string): Recorded[] {
  const oracle: Record<string, { set: string; v2_40: Result }> = readJson(join(corpus, 'oracle.json')) ?? {}
  return Object.entries(oracle)
    .filter(([, entry]) => entry.set === set)
    .map(([file, { v2_40 }]) => ({
      id: file,
      cwd: `/corpus/${dirname(file)}`,
      files: [basename(file)],
      env: ENVIRONMENT,
      answer: answerOf(v2_40, join(corpus, 'golden', file)),
    }))
}

interface ProjectEntry {
  id: string
  set: string
  cwd: string
  files: string[]
  env: Record<string, string>
  result: { v2_40: Result }
}

function projects(corpus: string, set: string): Recorded[] {
  const entries: ProjectEntry[] = readJson(join(corpus, 'projects.json')) ?? []
  return entries
    .filter((entry) => entry.set === set)
    .map(({ id, cwd, files, env, result }) => ({
      id,
      cwd: `/corpus/${cwd}`,
      files,
      env: { ...ENVIRONMENT, ...env },
      answer: answerOf(result.v2_40, join(corpus, 'golden/projects', id)),
    }))
}

function answerOf({ rc, err = '' }: Result, golden: string): Answer {
  return rc === 0
    ? { accepted: true, model: readJson<Json>(`${golden}.compose-2.40.json`) }
    : { accepted: false, message: lastLine(err) }
}

interface CaseEntry {
  env: Record<string, string>
  args: string[]
  cwd: string
}

function cases(corpus: string): Recorded[] {
  const folder = join(corpus, 'cases')
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((number) => {
    const entry = readJson<CaseEntry>(join(folder, number, 'case.json'))
    const said = readJson<{ rc: number; stdout: string; stderr: string }>(
      join(folder, number, 'expected.compose-2.40.json'),
    )
    return entry && said ? [recordedCase(number, entry, said)] : []
  })
}

function recordedCase(
  number: string,
  { env, args, cwd }: CaseEntry,
  { rc, stdout, stderr }: { rc: number; stdout: string; stderr: string },
): Recorded {
  return {
    id: `cases/${number}`,
    cwd: `/cases/${number}/${cwd}`,
    files: args[0] === 'NONE' ? [] : args.length > 0 ? args : ['compose.yaml'],
    env: { ...ENVIRONMENT, ...env },
    answer:
      rc === 0
        ? { accepted: true, model: JSON.parse(stdout) as Json }
        : { accepted: false, message: lastLine(stderr) },
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

function readJson<T>(path: string): T | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : undefined
}
